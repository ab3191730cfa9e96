// The conformance suite's host on SQS and Scheduler: the production runtime and the production adapters, the real SDK clients, Lambda's
// event source mappings, and a store in memory.

import { decodeMessage } from '../../src/aws/sqs/codec.ts'
import type { Delivery } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/runtime/runtime.ts'
import { pollQueue, type SqsEvent, type SqsHandler } from '../../src/stand-ins/index.ts'
import { MemoryStore } from '../../src/testing/memory-store.ts'
import { type Harness, openHarness } from '../aws/sqs/harness.ts'
import type { OpenHost } from '../conformance/test-host.ts'

export type Spoil = (harness: Harness) => void

/** @param spoil sets faults before anything happens */
export function standInHosts(spoil?: Spoil, options: RuntimeOptions = {}): OpenHost {
  return async (app, logger, tracer) => {
    const harness = await openHarness({ logger })
    spoil?.(harness)
    const watchers = new Watchers()
    const store = new MemoryStore({ onChange: (instanceId) => watchers.notify(instanceId) })
    const { clock, queue, timers } = harness
    let ids = 0
    const newId = (): string => `id-${++ids}`
    const watch: Ports['watch'] = (instanceId, signal) => watchers.wait(instanceId, signal)
    const ports = { store, queue, timers, clock, newId, logger, watch, ...(tracer && { tracer }) }
    const runtime = createRuntime(app, ports, options)
    const stop = listen(harness, runtime)
    return {
      management: runtime.management,
      store,
      now: () => clock.now(),
      shortMs: 60_000,
      changed: (instanceId, signal) => watchers.wait(instanceId, signal),
      pass: (promise) => harness.settle(promise),
      async idle() {
        // What was refused is asked for again within seconds.
        await clock.runUntil(() => false, spoil ? 20_000 : 0)
      },
      async close() {
        stop()
        runtime.close()
      },
    }
  }
}

/** Sets up what a deployment has: a function on each queue, and one on each dead-letter queue. */
function listen({ clock, sqs }: Harness, runtime: Runtime): () => void {
  const handle: SqsHandler = async (event) => {
    const deliveries = deliveriesOf(event)
    const acknowledged = await runtime.handle([...deliveries.values()])
    const failed = [...deliveries].filter(([, delivery]) => !acknowledged.has(delivery))
    return { batchItemFailures: failed.map(([itemIdentifier]) => ({ itemIdentifier })) }
  }
  const bury: SqsHandler = async (event) => {
    for (const delivery of deliveriesOf(event).values()) await runtime.handleDead(delivery)
  }
  const common = { clock, functionTimeoutSeconds: 900 }
  const polling = [
    pollQueue({ ...common, queue: sqs.queue('workflow'), handler: handle }),
    pollQueue({ ...common, queue: sqs.queue('activity'), handler: handle, batchSize: 1 }),
    pollQueue({ ...common, queue: sqs.queue('workflow-dead'), handler: bury, batchSize: 1 }),
    pollQueue({ ...common, queue: sqs.queue('activity-dead'), handler: bury, batchSize: 1 }),
  ]
  return () => {
    for (const each of polling) void each.stop()
  }
}

function deliveriesOf({ Records: records }: SqsEvent): ReadonlyMap<string, Delivery> {
  return new Map(
    records.map(({ messageId, body, attributes }) => {
      const message = decodeMessage(body)
      if (!message) throw new Error(`not a message: ${body}`)
      const receiveCount = Number(attributes['ApproximateReceiveCount'])
      return [messageId, { message, receiveCount }]
    }),
  )
}

class Watchers {
  readonly #waiting = new Map<string, Set<() => void>>()

  notify(instanceId: string): void {
    const waiting = this.#waiting.get(instanceId)
    this.#waiting.delete(instanceId)
    for (const wake of waiting ?? []) wake()
  }

  wait(instanceId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      this.#waiting.set(instanceId, (this.#waiting.get(instanceId) ?? new Set()).add(resolve))
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}
