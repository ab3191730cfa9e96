// The activities of one batch run at once, except those that may not (`maxConcurrency`): they run one round after another, and what the
// invocation has no time left for goes back to the queue as a copy, because waiting must not count as a failed delivery.

import type { ActivityMessage, Delivery, Message } from '../../runtime/messages.ts'
import type { App } from '../../workflow/app.ts'
import type { Logger } from '../../workflow/logger.ts'
import { timeForWorkMs } from './invocation.ts'

export interface LanesHost {
  readonly app: Pick<App, 'activity'>
  readonly remainingTimeMs: () => number
  readonly logger: Logger
  handle(batch: readonly Delivery[]): Promise<ReadonlySet<Delivery>>
  /** Sends copies. */
  requeue(messages: readonly Message[]): Promise<void>
}

export async function handleInLanes(
  batch: readonly Delivery<ActivityMessage>[],
  host: LanesHost,
): Promise<ReadonlySet<Delivery>> {
  const wholeMs = timeForWorkMs(host.remainingTimeMs())
  const lanes = Map.groupBy(batch, ({ message }) =>
    limitOf(host, message.name) === undefined ? undefined : message.name,
  )
  const done = await Promise.all(
    [...lanes].map(([name, lane]) =>
      name === undefined ? runRound(lane, host) : runLane(lane, limitOf(host, name) ?? 1, wholeMs, host),
    ),
  )
  return new Set(done.flatMap((each) => [...each]))
}

/** The first round always runs; a later one only when there is time for it. */
async function runLane(
  lane: readonly Delivery<ActivityMessage>[],
  size: number,
  wholeMs: number,
  host: LanesHost,
): Promise<readonly Delivery[]> {
  const done: Delivery[] = []
  for (let at = 0; at < lane.length; at += size) {
    const round = lane.slice(at, at + size)
    // One without a timeout may be short. It gets what is left, as long as that is half of what there was.
    const neededMs = Math.max(...round.map(({ message }) => message.timeoutMs ?? wholeMs / 2))
    if (at > 0 && timeForWorkMs(host.remainingTimeMs()) < Math.min(neededMs, wholeMs)) {
      const rest = lane.slice(at)
      return [...done, ...((await isRequeued(rest, host)) ? rest : [])]
    }
    done.push(...(await runRound(round, host)))
  }
  return done
}

/** What could not be sent again is not done either. */
async function isRequeued(rest: readonly Delivery[], host: LanesHost): Promise<boolean> {
  try {
    await host.requeue(rest.map(({ message }) => message))
    return true
  } catch (error) {
    host.logger.warn('Activities that wait for their turn could not be sent again.', { error })
    return false
  }
}

/**
 * An attempt that would outlive the invocation fails in time, as one that takes longer than its own timeout: killed with its host it
 * would come again and be killed again.
 */
async function runRound(
  round: readonly Delivery<ActivityMessage>[],
  host: LanesHost,
): Promise<readonly Delivery[]> {
  const atMostMs = Math.floor(timeForWorkMs(host.remainingTimeMs()))
  const originals = new Map<Delivery, Delivery>(
    round.map((delivery) => [bounded(delivery, atMostMs), delivery]),
  )
  const done = await host.handle([...originals.keys()])
  return [...originals].flatMap(([key, original]) => (done.has(key) ? [original] : []))
}

/** Beside the timeout of its own, which also bounds what is completed from outside and has nothing to do with this host. */
function bounded(delivery: Delivery<ActivityMessage>, atMostMs: number): Delivery<ActivityMessage> {
  return Number.isFinite(atMostMs) ? { ...delivery, mayRunMs: atMostMs } : delivery
}

function limitOf({ app }: LanesHost, name: string): number | undefined {
  return app.activity(name)?.options.maxConcurrency
}
