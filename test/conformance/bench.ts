// The conformance cases' view of a host: values instead of payloads, and waits that are never for a time.

import { onTestFinished } from 'vitest'
import type { Episode } from '../../src/runtime/episode.ts'
import type { InstanceView, Management, StartRequest } from '../../src/runtime/management.ts'
import type { InstanceRow } from '../../src/runtime/rows.ts'
import { type AppDefinition, defineApp } from '../../src/workflow/app.ts'
import { type ErrorCode, isTenutoError } from '../../src/workflow/errors.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import type { Tracer } from '../../src/workflow/tracer.ts'
import { type RecordingLogger, recordingLogger } from '../support/recording-logger.ts'
import type { OpenHost, TestHost } from './test-host.ts'

/** One property of whole workflows. */
export type Case = (open: (definition: AppDefinition, tracer?: Tracer) => Promise<Bench>) => Promise<void>
export type Cases = Readonly<Record<string, Case>>

/** An instance that has ended, with its payloads as values. */
export interface Ended extends Omit<InstanceView, 'output'> {
  readonly output: unknown
}

export class Bench {
  readonly host: TestHost
  readonly logger: RecordingLogger

  constructor(host: TestHost, logger: RecordingLogger) {
    this.host = host
    this.logger = logger
  }

  get management(): Management {
    return this.host.management
  }

  get shortMs(): number {
    return this.host.shortMs
  }

  /** Starts a workflow; its name is the instance id unless another is given. */
  async start(
    workflowName: string,
    input?: unknown,
    more: Omit<Partial<StartRequest>, 'input'> = {},
  ): Promise<string> {
    const request = { workflowName, instanceId: workflowName, ...more, ...payload('input', input) }
    const { instanceId } = await this.host.pass(this.management.start(request))
    return instanceId
  }

  /** Starts a workflow and waits for its end. */
  async run(workflowName: string, input?: unknown): Promise<Ended> {
    return this.ended(await this.start(workflowName, input))
  }

  async raise(instanceId: string, eventName: string, data?: unknown, eventId?: string): Promise<void> {
    const request = { instanceId, eventName, ...payload('data', data), ...(eventId && { eventId }) }
    await this.host.pass(this.management.raiseEvent(request))
  }

  async view(instanceId: string): Promise<InstanceView> {
    const view = await this.host.pass(this.management.get(instanceId))
    if (!view) throw new Error(`There is no instance '${instanceId}'.`)
    return view
  }

  async row(instanceId: string): Promise<InstanceRow> {
    const row = await this.host.store.getInstance(instanceId)
    if (!row) throw new Error(`There is no instance '${instanceId}'.`)
    return row
  }

  /** Waits for the end of an instance. */
  async ended(instanceId: string): Promise<Ended> {
    const view = await this.until(instanceId, ({ status }) => isTerminal(status))
    const { output, ...rest } = view
    return { ...rest, output: output === undefined ? undefined : JSON.parse(output) }
  }

  /** Waits for an instance to be there and to look as it should. */
  async until(instanceId: string, holds: (view: InstanceView) => boolean): Promise<InstanceView> {
    const look = async (): Promise<InstanceView> => {
      for (;;) {
        const found = new AbortController()
        // The watch begins before the look, so that nothing can slip between them.
        const changed = this.host.changed(instanceId, found.signal)
        const view = await this.management.get(instanceId)
        if (view && (holds(view) || isTerminal(view.status))) {
          found.abort()
          return view
        }
        await changed
      }
    }
    const view = await this.host.pass(look())
    if (!holds(view)) throw new Error(`${instanceId} has ended otherwise: ${JSON.stringify(view)}`)
    return view
  }

  /** All that is left of the history of the present life of the instance, oldest first. */
  async history(instanceId: string): Promise<readonly Episode[]> {
    return this.host.store.readHistory(await this.row(instanceId))
  }

  async idle(): Promise<void> {
    await this.host.idle()
  }

  /** The code with which a call is refused; undefined when it is not. */
  async codeOf(call: Promise<unknown>): Promise<ErrorCode | undefined> {
    return this.host.pass(
      call.then(
        () => undefined,
        (error: unknown) => {
          if (isTenutoError(error)) return error.code
          throw error
        },
      ),
    )
  }
}

/** What a case opens hosts with; they are closed when its test has finished. */
export function opener(open: OpenHost): Parameters<Case>[0] {
  return async (definition, tracer) => {
    const logger = recordingLogger()
    const host = await open(defineApp(definition), logger, tracer)
    onTestFinished(() => host.close())
    return new Bench(host, logger)
  }
}

/** A promise that the test settles. */
export function gate<T = void>(): { readonly passed: Promise<T>; readonly open: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>()
  return { passed: promise, open: resolve }
}

function payload<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: JSON.stringify(value) } as { [P in K]?: string })
}
