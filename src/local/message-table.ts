// Messages at rest: both queues and the timers, one row each.
import type { InstanceKey } from '../runtime/episode.ts'
import { type Message, queueOf } from '../runtime/messages.ts'
import type { Database } from './database.ts'

/** A message with what the table knows of it. */
export interface StoredMessage {
  readonly id: number
  readonly lane: string
  /** Ms since the epoch; not delivered before. */
  readonly visibleAt: number
  /** Starts of the process after a kill that found the message due. */
  readonly boots: number
  /** Deliveries since it is suspected of killing its host, counted before each. */
  readonly attempts: number
  /** Deliveries that ended without an acknowledgement. */
  readonly receives: number
  readonly message: Message
  /** About what it takes in memory. */
  readonly size: number
}

/** A place in a lane: rows are delivered in this order. */
export interface Position {
  readonly visibleAt: number
  readonly id: number
}

interface Row {
  readonly id: number
  readonly lane: string
  readonly visible_at: number
  readonly boots: number
  readonly attempts: number
  readonly receives: number
  readonly instance_id: string
  readonly incarnation: string
  readonly token: string
  readonly body: string
}

/** Workflow messages share a lane; each activity has one, so that an activity at its limit holds up no other. */
export const workflowLane = 'workflow'

export function laneOf(message: Message): string {
  return queueOf(message) === 'workflow'
    ? workflowLane
    : activityLane((message as { name?: string }).name ?? '')
}

function activityLane(name: string): string {
  return `activity ${name}`
}

export type MessageTable = ReturnType<typeof messageTable>

export function messageTable(database: Database) {
  const insert = database.prepare(
    `INSERT OR IGNORE INTO messages
      (id, lane, visible_at, boots, attempts, receives, instance_id, incarnation, generation, seq, token, body)
      VALUES (?, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?)`,
  )
  const due = database.prepare(
    `SELECT * FROM messages WHERE lane = ? AND visible_at <= ? AND (visible_at, id) > (?, ?) ORDER BY visible_at, id`,
  )
  const nextDue = database.prepare(
    'SELECT min(visible_at) AS at FROM messages WHERE lane = ? AND visible_at > ?',
  )
  // Steps from lane to lane through the index instead of reading it all.
  const lanes = database.prepare(
    `WITH RECURSIVE step (lane) AS (
      SELECT min(lane) FROM messages
      UNION ALL SELECT (SELECT min(lane) FROM messages WHERE lane > step.lane) FROM step WHERE step.lane IS NOT NULL
    ) SELECT lane FROM step WHERE lane IS NOT NULL`,
  )
  const remove = database.prepare('DELETE FROM messages WHERE id = ?')
  // Its host outlived it: it is no suspect any more.
  const postpone = database.prepare(
    'UPDATE messages SET visible_at = ?, receives = ?, boots = 0, attempts = 0 WHERE id = ?',
  )
  const countAttempt = database.prepare('UPDATE messages SET attempts = attempts + 1 WHERE id = ?')
  const countBoot = database.prepare('UPDATE messages SET boots = boots + 1 WHERE visible_at <= ?')
  const ofTimer = 'instance_id = ? AND incarnation = ? AND seq IS NOT NULL'
  const removeTimer = database.prepare(`DELETE FROM messages WHERE ${ofTimer} AND generation = ? AND seq = ?`)
  const removeTimers = database.prepare(`DELETE FROM messages WHERE ${ofTimer}`)
  /** Never used twice in one process, so that a number in memory means one message. */
  let lastId = Number(database.value('SELECT coalesce(max(id), 0) FROM messages'))

  const put = (message: Message, visibleAt: number, timer?: { generation: number; seq: number }) => {
    const { instanceId, incarnation, token, ...rest } = message
    const body = JSON.stringify(rest)
    const lane = laneOf(message)
    const id = ++lastId
    const { generation = null, seq = null } = timer ?? {}
    const { changes } = insert.run(id, lane, visibleAt, instanceId, incarnation, generation, seq, token, body)
    if (changes === 0) return undefined
    return { id, lane, visibleAt, boots: 0, attempts: 0, receives: 0, message, size: sizeOf(body) }
  }

  return {
    insert: (message: Message, visibleAt: number) => put(message, visibleAt) as StoredMessage,

    /** @returns undefined when the timer exists */
    insertTimer: (message: Message & { kind: 'timer' }, visibleAt: number): StoredMessage | undefined =>
      put(message, visibleAt, message),

    /** Messages of a lane that are due, beyond a position, in order. */
    *due(lane: string, now: number, after: Position): Generator<StoredMessage> {
      for (const row of due.iterate(lane, now, after.visibleAt, after.id))
        yield toStored(row as unknown as Row)
    },

    /** When the first message of a lane after `now` becomes due. */
    nextDue(lane: string, now: number): number {
      const at = nextDue.get(lane, now)?.['at']
      return typeof at === 'number' ? at : Number.POSITIVE_INFINITY
    },

    lanes: (): string[] => lanes.all().map((row) => String(row['lane'])),

    remove: (id: number) => void remove.run(id),

    postpone: (id: number, visibleAt: number, receives: number) => void postpone.run(visibleAt, receives, id),

    countAttempt: (id: number) => void countAttempt.run(id),

    countBoot: (now: number) => void countBoot.run(now),

    removeTimer: ({ instanceId, incarnation }: InstanceKey, generation: number, seq: number) =>
      void removeTimer.run(instanceId, incarnation, generation, seq),

    removeTimers: ({ instanceId, incarnation }: InstanceKey) =>
      void removeTimers.run(instanceId, incarnation),
  }
}

function toStored(row: Row): StoredMessage {
  const { instance_id: instanceId, incarnation, token, body, visible_at: visibleAt, ...counts } = row
  const { id, lane, boots, attempts, receives } = counts
  const message = { ...(JSON.parse(body) as object), instanceId, incarnation, token } as Message
  return { id, lane, visibleAt, boots, attempts, receives, message, size: sizeOf(body) }
}

function sizeOf(body: string): number {
  return body.length + 500
}
