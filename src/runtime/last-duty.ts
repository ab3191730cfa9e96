// What a life had asked of others, before another one takes its place or it is purged: its history goes, and with it whatever the messages could do that
// guard what a host had committed and could not dispatch (R9). So that is done first.

import type { SendEvent, StartWorkflow } from '../engine/commands.ts'
import { startDetached } from './detached.ts'
import type { Episode, InstanceKey } from './episode.ts'
import type { Message, TimerMessage } from './messages.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'
import { sendEvent } from './send-event.ts'

/** For so long after the end such a message may be under way: it comes again every few minutes, and is dead in the end. */
const guardedMs = 3_600_000

type Ended = InstanceKey & Pick<InstanceRow, 'lastUpdatedAt' | 'purgedAt'>

interface Asked {
  readonly starts: readonly StartWorkflow[]
  readonly events: readonly SendEvent[]
}

/**
 * Makes the starts and sends the events that the life had asked for of late, once more: what was made is known by its key, and what was
 * sent by its id. Activities and children that nobody awaited are not asked for again: their messages would come to nothing.
 * @param leaving incarnations of lives that make way at the same time, for which this is under way
 */
export async function lastDuty(
  ports: Ports,
  { instanceId, incarnation, ...ended }: Ended,
  leaving: ReadonlySet<string> = new Set(),
): Promise<void> {
  const since = ports.clock.now() - guardedMs
  if (leaving.has(incarnation) || ended.purgedAt !== undefined || ended.lastUpdatedAt < since) return
  const key = { instanceId, incarnation }
  // A start may take the id of another life that has ended, which may have asked for a start of this one.
  const alsoOf = async (_ports: Ports, other: Ended): Promise<void> =>
    lastDuty(ports, other, new Set([...leaving, incarnation]))
  const messages: Message[] = []
  const timers: TimerMessage[] = []
  for (const episode of await ports.store.readHistory(key)) {
    if (episode.at < since) continue
    const { starts, events } = askedOfOthers(episode, instanceId)
    const order = { episode, unsure: true }
    for (const ring of await startDetached(ports, { key, started: undefined }, order, starts, alsoOf)) {
      if (ring.kind === 'timer') timers.push(ring)
      else messages.push(ring)
    }
    for (const event of events) {
      const target = await ports.store.getInstance(event.instanceId, 'row')
      // A later life of that id is not meant.
      if (target && target.createdAt <= episode.at)
        messages.push(...(await sendEvent(ports, key, episode, event)))
    }
  }
  if (messages.length > 0) await ports.queue.send(messages)
  if (timers.length > 0) await ports.timers.schedule(timers)
}

/** Without what was carried out in the life before it, and what would come to the ended life itself. */
function askedOfOthers({ commands, done = [] }: Episode, self: string): Asked {
  const starts: StartWorkflow[] = []
  const events: SendEvent[] = []
  for (const command of commands) {
    if (done.includes(command.seq)) continue
    if (command.kind === 'startWorkflow' && command.instanceId !== self) starts.push(command)
    if (command.kind === 'sendEvent' && command.instanceId !== self) events.push(command)
  }
  return { starts, events }
}
