// One backend in memory and any number of hosts on it. Messages are delivered by the queue, or one by one by the test.

import { onTestFinished } from 'vitest'
import type { Episode } from '../../src/runtime/episode.ts'
import type { InstanceView, StartRequest } from '../../src/runtime/management.ts'
import type { Delivery, Message, TimerMessage } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import type { InstanceRow } from '../../src/runtime/rows.ts'
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/runtime/runtime.ts'
import {
  createMemoryBackend,
  type MemoryBackend,
  type MemoryBackendOptions,
} from '../../src/testing/memory-backend.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import { type AppDefinition, defineApp } from '../../src/workflow/app.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import { type RecordingLogger, recordingLogger } from '../support/recording-logger.ts'

export interface HostOptions extends RuntimeOptions {
  /** What this host sees instead of the ports. */
  readonly ports?: (ports: Ports) => Ports
}

/** A message as the test may look at it. */
export type AnyMessage = Message & { readonly factIds?: readonly string[]; readonly seq?: number }

export class Stage {
  readonly backend: MemoryBackend
  readonly logger: RecordingLogger = recordingLogger()
  /** All that was sent, timers included, in order. */
  readonly sent: AnyMessage[] = []

  constructor(options: MemoryBackendOptions = {}) {
    const manners = { mostPerMinute: 10_000, ...options.manners }
    this.backend = createMemoryBackend({ logger: this.logger, ...options, manners })
  }

  get clock(): MemoryBackend['clock'] {
    return this.backend.clock
  }

  get store(): MemoryBackend['store'] {
    return this.backend.store
  }

  /** The ports of the backend, with an ear on what is sent. */
  get ports(): Ports {
    const { ports, queue } = this.backend
    return {
      ...ports,
      queue: {
        send: async (messages, delayMs) => {
          this.sent.push(...messages)
          return queue.send(messages, delayMs)
        },
        fits: (message) => queue.fits(message),
      },
      timers: {
        schedule: async (timers) => {
          this.sent.push(...timers)
          return queue.schedule(timers)
        },
        cancel: (key, generation, timers) => queue.cancel(key, generation, timers),
      },
    }
  }

  host(app: AppDefinition, { ports = (same) => same, ...options }: HostOptions = {}): Runtime {
    const runtime = createRuntime(defineApp(app), ports(this.ports), options)
    onTestFinished(() => runtime.close())
    return runtime
  }

  /** Lets the queue deliver; to the hosts in turn. */
  deliverTo(...hosts: readonly Runtime[]): void {
    let turn = 0
    this.backend.queue.run(() => hosts[turn++ % hosts.length] as Runtime)
  }

  /** The only message that fits, among those sent; the last one when `last` is set. */
  message<K extends Message['kind']>(
    kind: K,
    fits: (message: Extract<Message, { kind: K }>) => boolean = () => true,
  ): Extract<Message, { kind: K }> {
    const found = this.messages(kind).findLast(fits)
    if (!found) throw new Error(`No ${kind} was sent that fits.`)
    return found
  }

  messages<K extends Message['kind']>(kind: K): readonly Extract<Message, { kind: K }>[] {
    return this.sent.filter((message): message is Extract<Message, { kind: K }> => message.kind === kind)
  }

  /** The doorbell that was rung last, or the last one for a fact. */
  doorbell(factId?: string): Extract<Message, { kind: 'doorbell' }> {
    return this.message('doorbell', ({ factIds }) => factId === undefined || factIds.includes(factId))
  }

  timer(seq: number): TimerMessage {
    return this.message('timer', (timer) => timer.seq === seq)
  }

  activity(seq: number): Extract<Message, { kind: 'activity' }> {
    return this.message('activity', (activity) => activity.seq === seq)
  }

  /** Starts an instance; its id is the name of the workflow. */
  async start(host: Runtime, workflowName: string, input?: unknown, more: Partial<StartRequest> = {}) {
    const json = input === undefined ? {} : { input: JSON.stringify(input) }
    await host.management.start({ workflowName, instanceId: workflowName, ...json, ...more })
  }

  async raise(host: Runtime, instanceId: string, eventName: string, data?: unknown): Promise<void> {
    const json = data === undefined ? {} : { data: JSON.stringify(data) }
    await host.management.raiseEvent({ instanceId, eventName, ...json })
  }

  /** Lets time pass until everything has come to rest, timers included. */
  async rest(limitMs?: number): Promise<void> {
    await this.clock.runUntil(() => false, limitMs)
  }

  /** Lets time pass until the instance has ended. */
  async ended(instanceId: string): Promise<InstanceRow> {
    for (;;) {
      await settle()
      const row = await this.row(instanceId)
      if (isTerminal(row.status)) return row
      if (!this.clock.step()) throw new Error(`${instanceId} did not end: ${JSON.stringify(row)}`)
    }
  }

  async row(instanceId: string): Promise<InstanceRow> {
    const row = await this.store.getInstance(instanceId)
    if (!row) throw new Error(`There is no instance '${instanceId}'.`)
    return row
  }

  async view(host: Runtime, instanceId: string): Promise<InstanceView> {
    const view = await host.management.get(instanceId)
    if (!view) throw new Error(`There is no instance '${instanceId}'.`)
    return view
  }

  async history(instanceId: string): Promise<readonly Episode[]> {
    return this.store.readHistory(await this.row(instanceId))
  }

  async inbox(instanceId: string): Promise<readonly string[]> {
    const { inbox } = await this.store.read(await this.row(instanceId))
    return inbox.map(({ factId }) => factId)
  }
}

/** Hands messages to a host. @returns which of them it acknowledged, in their order */
export async function deliver(
  host: Runtime,
  messages: Message | readonly Message[],
  receiveCount = 1,
): Promise<boolean[]> {
  const list: readonly Message[] = 'kind' in messages ? [messages] : messages
  const batch: Delivery[] = list.map((message) => ({ message, receiveCount }))
  const acknowledged = await host.handle(batch)
  return batch.map((delivery) => acknowledged.has(delivery))
}
