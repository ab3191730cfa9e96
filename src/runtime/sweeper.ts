// The sweeper (R18): a slow walk over live instances that rings for what has waited too long. A net, not a rope: everything holds with
// it switched off, except that a queue or its schedules were wiped.

import { createHash } from 'node:crypto'
import { isTerminal } from '../workflow/status.ts'
import type { InstanceKey } from './episode.ts'
import { absorb, emptyState, type InstanceState } from './instance-state.ts'
import { doorbell, type Message, nudge } from './messages.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

export interface SweepOptions {
  /** Ms between two sweeps: an instance that is stuck is nudged once in each of its gaps. */
  readonly periodMs: number
  /** Ms since the epoch at which the sweep stops and says where. Default: never. */
  readonly deadline?: number
  /** Where an earlier sweep stopped. */
  readonly pageToken?: string
}

export interface SweepReport {
  readonly seen: number
  readonly rung: number
  readonly nudged: number
  /** Where the next sweep goes on; absent when all were seen. */
  readonly pageToken?: string
}

const minute = 60_000
/** An instance of which nothing new was seen for so long waits for something far away: few sweeps look at it. */
const quietAfterMs = 24 * 60 * minute
export const quietSweeps = 8
/** An inbox row or a start that has waited longer than this has lost its doorbell. */
const ringAfterMs = 2 * minute
/** A timer this late has lost its schedule. */
const overdueAfterMs = 3 * minute
/** Rows that one ring names, so that it fits a message however long their ids are. Whoever takes them takes all others along. */
const rowsPerRing = 50
const firstGapMs = 15 * minute
const longestGapMs = 120 * minute

/** Looks at live instances until the deadline. */
export async function sweep(ports: Ports, options: SweepOptions): Promise<SweepReport> {
  const report = { seen: 0, rung: 0, nudged: 0 }
  let { pageToken } = options
  do {
    const page = await ports.store.list({
      statuses: ['PENDING', 'RUNNING', 'SUSPENDED', 'STALLED'],
      limit: 50,
      ...(pageToken !== undefined && { pageToken }),
    })
    for (const row of page.instances) {
      report.seen++
      const periodMs = periodOf(row, options.periodMs, ports.clock.now())
      if (periodMs === undefined) continue
      const messages = await due(ports, row, periodMs)
      if (messages.length > 0) await ports.queue.send(messages)
      for (const { kind } of messages) report[kind === 'nudge' ? 'nudged' : 'rung']++
    }
    pageToken = page.pageToken
    if (options.deadline !== undefined && ports.clock.now() >= options.deadline) break
  } while (pageToken !== undefined)
  return { ...report, ...(pageToken !== undefined && { pageToken }) }
}

/** Ms between two looks at an instance; undefined when this sweep leaves it out. */
function periodOf(
  { instanceId, lastUpdatedAt, startAt = 0 }: InstanceRow,
  periodMs: number,
  now: number,
): number | undefined {
  if (now - Math.max(lastUpdatedAt, startAt) < quietAfterMs) return periodMs
  const turn = createHash('sha256').update(instanceId).digest().readUInt8(0)
  const isItsTurn = (Math.floor(now / periodMs) + turn) % quietSweeps === 0
  return isItsTurn ? periodMs * quietSweeps : undefined
}

/** The messages that an instance has been waiting for too long. */
async function due(ports: Ports, row: InstanceRow, periodMs: number): Promise<Message[]> {
  const key: InstanceKey = { instanceId: row.instanceId, incarnation: row.incarnation }
  const now = ports.clock.now()
  const { episodes, inbox } = await ports.store.read(key)
  const state = emptyState(key)
  for (const episode of episodes) absorb(state, episode)
  const startedAt = row.startAt ?? row.createdAt
  if (state.n === 0) {
    return now - startedAt > ringAfterMs ? [doorbell(key, ports.newId(), ['start'])] : []
  }
  // Behind inline activities every ring would only be sent again and again: whoever runs them, or takes them over, takes the rows along.
  // And a row that a late write has brought back waits for nothing: a turn that comes anyway will delete it.
  const late =
    state.inline.size > 0
      ? []
      : inbox
          .filter(({ factId, acceptedAt }) => !state.known.has(factId) && now - acceptedAt > ringAfterMs)
          .map(({ factId }) => factId)
  const messages: Message[] =
    late.length > 0 ? [doorbell(key, ports.newId(), late.slice(0, rowsPerRing))] : []
  // What a dead letter has stalled takes no turn until somebody asks for one.
  const hasCrashed = row.stalled?.code === 'TURN_CRASHED'
  if ((hasCrashed || isStuck(state, now)) && isGapOver(now - state.at, periodMs)) {
    messages.push(nudge(key, ports.newId(), state.n))
  }
  return messages
}

/** Something must happen without anybody outside doing anything. */
function isStuck(state: InstanceState, now: number): boolean {
  if (isTerminal(state.status) || state.unopened) return true
  return [...state.outstanding.values()].some((command) => {
    // What is completed from outside may take for ever, or as long as it is given.
    const until = command.kind === 'createTimer' ? command.dueAt : state.deferred.get(command.seq)
    return until === undefined ? !state.deferred.has(command.seq) : now - until > overdueAfterMs
  })
}

/** True in the one sweep in which 15, 30, 60 and then every 120 minutes since the newest episode have just passed. */
function isGapOver(elapsedMs: number, periodMs: number): boolean {
  let gapMs = firstGapMs
  for (let endMs = gapMs; endMs <= elapsedMs; endMs += gapMs) {
    if (elapsedMs - endMs < periodMs) return true
    gapMs = Math.min(gapMs * 2, longestGapMs)
  }
  return false
}
