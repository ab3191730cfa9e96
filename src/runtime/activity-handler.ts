// What is done with an activity message: run it (or not), and bring the outcome home, by one's own commit or through the inbox.

import { factIdOf } from '../engine/events.ts'
import { failureOf, toFailureDetails } from '../workflow/failure.ts'
import { runActivity } from './activity-runner.ts'
import { tokenOf } from './activity-token.ts'
import { type Verdict, verdictOn } from './activity-verdict.ts'
import { advance } from './advance.ts'
import { AttemptRecord, interruption, msUntilOver } from './attempt-record.ts'
import type { InstanceKey } from './episode.ts'
import { keyText } from './live-instance.ts'
import { type AdvanceHost, load } from './load.ts'
import type { ActivityMessage, Delivery } from './messages.ts'
import type { AttemptRow } from './rows.ts'
import type { ActivityFact } from './task-facts.ts'
import { toInbox, type WideOutcome } from './wide-outcomes.ts'

export interface ActivityHandlerHost extends AdvanceHost {
  /** One at a time per instance within this process. */
  readonly exclusive: <T>(key: InstanceKey, task: () => Promise<T>) => Promise<T>
  readonly shutdown: AbortSignal
}

export class ActivityHandler {
  readonly #host: ActivityHandlerHost

  constructor(host: ActivityHandlerHost) {
    this.#host = host
  }

  /** Runs all of them at once and adds to `acknowledged` those whose outcome is safe. */
  async handle(batch: readonly Delivery<ActivityMessage>[], acknowledged: Set<Delivery>): Promise<void> {
    const safe = new AbortController()
    try {
      await this.#handle(batch, acknowledged, safe.signal)
    } finally {
      safe.abort()
    }
  }

  /** @param safe aborted when all outcomes are safe, or given up */
  async #handle(
    batch: readonly Delivery<ActivityMessage>[],
    acknowledged: Set<Delivery>,
    safe: AbortSignal,
  ): Promise<void> {
    const wide: WideOutcome[] = []
    await Promise.all(
      batch.map(async (delivery) => {
        try {
          if (delivery.message.wide) wide.push(...(await this.#runWide(delivery, safe)))
          else await this.#runDirect(delivery)
          if (!wide.some((each) => each.delivery === delivery)) acknowledged.add(delivery)
        } catch (error) {
          this.#warn(delivery.message, error)
        }
      }),
    )
    const groups = Map.groupBy(wide, ({ delivery }) => keyText(delivery.message))
    await Promise.all(
      [...groups.values()].map(async (group) => {
        try {
          await toInbox(this.#host.ports, group)
          for (const { delivery } of group) acknowledged.add(delivery)
        } catch (error) {
          for (const { delivery } of group) this.#warn(delivery.message, error)
        }
      }),
    )
  }

  /** The handler that ran the activity advances the instance itself: no message for the outcome. */
  async #runDirect(delivery: Delivery<ActivityMessage>): Promise<void> {
    const { message } = delivery
    const record = new AttemptRecord(this.#host, message)
    const taken = message.atMostOnce ? await record.claim() : undefined
    const { kind, read, whole = message } = await this.#judge(message)
    const isToRun = kind === 'run' || kind === 'run detached'
    if (isToRun && taken && (await this.#waitFor(taken, message))) return
    const safe = new AbortController()
    if (isToRun && !taken) void record.keep(AbortSignal.any([safe.signal, this.#host.shutdown]))
    try {
      const outcome = isToRun ? await this.#run({ ...delivery, message: whole }, record, taken) : undefined
      const key = keyOf(message)
      // Nobody waits for what is run detached.
      const outcomes = outcome && kind === 'run' ? [outcome] : []
      const work = { key, deliveries: [delivery], outcomes, ...(read && { read }) }
      await this.#host.exclusive(key, () => advance(this.#host, work))
    } finally {
      safe.abort()
    }
  }

  /** One of many: reads nothing unless it comes again or lacks its input, and leaves the outcome in the inbox (R11). */
  async #runWide(delivery: Delivery<ActivityMessage>, safe: AbortSignal): Promise<WideOutcome[]> {
    const { message, receiveCount } = delivery
    const record = new AttemptRecord(this.#host, message)
    const taken = message.atMostOnce ? await record.claim() : undefined
    // The count only saves a run, and so does what this process happens to know; safety rests on the fact id.
    const state = this.#host.instances.get(keyOf(message))?.state
    const isOver = state?.status === 'TERMINATED' || state?.cancelled.has(message.seq) === true
    const mustRead =
      receiveCount > 1 || isOver || message.inputInHistory === true || message.atMostOnce === true
    const verdict: Verdict = mustRead ? await this.#judge(message) : { kind: 'run' }
    const { kind, whole = message, waiting } = verdict
    switch (kind) {
      case 'run':
      case 'run detached': {
        if (taken && (await this.#waitFor(taken, message))) return []
        if (!taken) void record.keep(AbortSignal.any([safe, this.#host.shutdown]))
        const outcome = await this.#run({ ...delivery, message: whole }, record, taken)
        return kind === 'run' ? [{ delivery, outcome, factId: factIdOf(outcome) }] : []
      }
      case 'waits in inbox':
        return waiting === undefined ? [] : [{ delivery, factId: waiting }]
      case 'settled': {
        const key = keyOf(message)
        await this.#host.exclusive(key, () => advance(this.#host, { key, deliveries: [delivery] }))
        return []
      }
      default:
        return kind satisfies never
    }
  }

  /** Another run has the claim and may be at work: the message waits, as a copy. @returns false when that run is lost */
  async #waitFor(taken: AttemptRow, message: ActivityMessage): Promise<boolean> {
    const { ports } = this.#host
    const restMs = msUntilOver(taken, ports)
    if (restMs > 0) await ports.queue.send([message], restMs + 1_000)
    return restMs > 0
  }

  async #judge(message: ActivityMessage): Promise<Verdict> {
    const { instances, exclusive, ports } = this.#host
    const key = keyOf(message)
    return exclusive(key, async () => {
      const live = await load(this.#host, key)
      if (!live) return { kind: 'settled' }
      instances.keep(live)
      return { ...(await verdictOn(ports, message, live)), read: live }
    })
  }

  /** @param taken the claim of a run that is lost */
  async #run(
    { message, mayRunMs }: Delivery<ActivityMessage>,
    record: AttemptRecord,
    taken: AttemptRow | undefined,
  ): Promise<ActivityFact> {
    const { app, ports, shutdown } = this.#host
    const { clock, logger, tracer } = ports
    if (!taken) {
      const queued = { record, tokenOf: async () => tokenOf(ports, message), mayRunMs }
      const forget = this.#host.running.add({ message, cancel: (why) => record.hearing.cancel(why) })
      try {
        return await runActivity({ app, clock, logger, tracer, shutdown }, message, queued)
      } finally {
        forget()
      }
    }
    const { generation, seq, name, instanceId } = message
    const error = interruption(message)
    logger.error(error.message, { instanceId, activity: name, code: error.code })
    return { kind: 'taskFailed', generation, seq, failure: failureOf(error) }
  }

  #warn({ instanceId, name }: ActivityMessage, error: unknown): void {
    const fields = { instanceId, activity: name, error: toFailureDetails(error) }
    this.#host.ports.logger.warn(
      'The outcome of an activity could not be kept; its message comes again.',
      fields,
    )
  }
}

function keyOf({ instanceId, incarnation }: ActivityMessage): InstanceKey {
  return { instanceId, incarnation }
}
