// What is done with an activity message: run it (or not), and bring the outcome home, by one's own commit or through the inbox.

import { type ActivityDeferred, factIdOf } from '../engine/events.ts'
import { toFailureDetails } from '../workflow/failure.ts'
import { type ActivityOutcome, runActivity } from './activity-runner.ts'
import { tokenOf } from './activity-token.ts'
import { type Verdict, verdictOn } from './activity-verdict.ts'
import { advance } from './advance.ts'
import type { InstanceKey } from './episode.ts'
import { keyText } from './live-instance.ts'
import { type AdvanceHost, load } from './load.ts'
import { type ActivityMessage, type Delivery, doorbell } from './messages.ts'

export interface ActivityHandlerHost extends AdvanceHost {
  /** One at a time per instance within this process. */
  readonly exclusive: <T>(key: InstanceKey, task: () => Promise<T>) => Promise<T>
  readonly shutdown: AbortSignal
}

interface WideOutcome {
  readonly delivery: Delivery<ActivityMessage>
  /** What is to be put into the inbox. */
  readonly outcome?: ActivityOutcome | ActivityDeferred
  readonly factId: string
}

export class ActivityHandler {
  readonly #host: ActivityHandlerHost

  constructor(host: ActivityHandlerHost) {
    this.#host = host
  }

  /** Runs all of them at once and adds to `acknowledged` those whose outcome is safe. */
  async handle(batch: readonly Delivery<ActivityMessage>[], acknowledged: Set<Delivery>): Promise<void> {
    const wide: WideOutcome[] = []
    await Promise.all(
      batch.map(async (delivery) => {
        try {
          if (delivery.message.wide) wide.push(...(await this.#runWide(delivery)))
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
          await this.#toInbox(group)
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
    const { kind, read, whole = message } = await this.#judge(message)
    const outcomes = kind === 'run' ? [await this.#run(whole)] : []
    if (kind === 'run detached') await this.#run(whole)
    const key = keyOf(message)
    const work = { key, deliveries: [delivery], outcomes, ...(read && { read }) }
    await this.#host.exclusive(key, () => advance(this.#host, work))
  }

  /** One of many: reads nothing unless it comes again or lacks its input, and leaves the outcome in the inbox (R11). */
  async #runWide(delivery: Delivery<ActivityMessage>): Promise<WideOutcome[]> {
    const { message, receiveCount } = delivery
    // The count only saves a run, and so does what this process happens to know; safety rests on the fact id.
    const isTerminated = this.#host.instances.get(keyOf(message))?.state.status === 'TERMINATED'
    const mustRead = receiveCount > 1 || isTerminated || message.inputInHistory
    const {
      kind,
      whole = message,
      waiting,
    }: Verdict = mustRead ? await this.#judge(message) : { kind: 'run' }
    switch (kind) {
      case 'run': {
        const outcome = await this.#run(whole)
        return [{ delivery, outcome, factId: factIdOf(outcome) }]
      }
      case 'waits in inbox':
        return waiting === undefined ? [] : [{ delivery, factId: waiting }]
      case 'run detached':
        await this.#run(whole)
        return []
      case 'settled': {
        const key = keyOf(message)
        await this.#host.exclusive(key, () => advance(this.#host, { key, deliveries: [delivery] }))
        return []
      }
      default:
        return kind satisfies never
    }
  }

  /** All outcomes of one instance in one write, and one doorbell that names them all. */
  async #toInbox(group: readonly WideOutcome[]): Promise<void> {
    const [first] = group
    if (!first) return
    const { store, queue, clock, newId } = this.#host.ports
    const key = keyOf(first.delivery.message)
    const acceptedAt = clock.now()
    const rows = group.flatMap(({ factId, outcome }) =>
      outcome ? [{ factId, event: outcome, acceptedAt }] : [],
    )
    if (rows.length > 0) await store.putOutcomes(key, rows)
    const factIds = group.map(({ factId }) => factId)
    await queue.send([doorbell(key, newId(), factIds)])
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

  #run(message: ActivityMessage): Promise<ActivityOutcome | ActivityDeferred> {
    const { app, ports, shutdown } = this.#host
    const { clock, logger, store, tracer } = ports
    const host = {
      app,
      clock,
      logger,
      tracer,
      shutdown,
      tokenOf: async (each: ActivityMessage) => tokenOf(store, each),
    }
    return runActivity(host, message)
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
