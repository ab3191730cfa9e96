// Messages at rest: both queues and the timers, one row each.

import type { InstanceKey } from '../runtime/episode.ts'
import type { Message, TimerMessage } from '../runtime/messages.ts'
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

/**
 * Workflow messages share a lane; each activity has one, so that an activity at its limit holds up no other.
 */
function laneOf(message: Message): string {
  return message.kind === 'activity' ? `activity ${message.name}` : 'workflow'
}

const ofTimer = 'instance_id = ? AND incarnation = ? AND seq IS NOT NULL'

function statements(database: Database) {
  return {
    insert: database.prepare(
      `INSERT OR IGNORE INTO messages
        (id, lane, visible_at, boots, attempts, receives, instance_id, incarnation, generation, seq, token, body)
        VALUES (?, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?)`,
    ),
    due: database.prepare(
      `SELECT * FROM messages WHERE lane = ? AND visible_at <= ? AND (visible_at, id) > (?, ?) ORDER BY visible_at, id`,
    ),
    nextDue: database.prepare('SELECT min(visible_at) AS at FROM messages WHERE lane = ? AND visible_at > ?'),
    // Steps from lane to lane through the index instead of reading all of it.
    lanes: database.prepare(
      `WITH RECURSIVE step (lane) AS (
        SELECT min(lane) FROM messages
        UNION ALL SELECT (SELECT min(lane) FROM messages WHERE lane > step.lane) FROM step WHERE step.lane IS NOT NULL
      ) SELECT lane FROM step WHERE lane IS NOT NULL`,
    ),
    remove: database.prepare('DELETE FROM messages WHERE id = ?'),
    postpone: database.prepare(
      'UPDATE messages SET visible_at = ?, receives = ?, boots = 0, attempts = 0 WHERE id = ?',
    ),
    countAttempt: database.prepare('UPDATE messages SET attempts = attempts + 1 WHERE id = ?'),
    countBoot: database.prepare('UPDATE messages SET boots = boots + 1 WHERE visible_at <= ?'),
    removeTimer: database.prepare(`DELETE FROM messages WHERE ${ofTimer} AND generation = ? AND seq = ?`),
    removeTimers: database.prepare(`DELETE FROM messages WHERE ${ofTimer}`),
  }
}

export class MessageTable {
  readonly #sql: ReturnType<typeof statements>
  /** No id is used twice in one process, so an id in memory means one message. */
  #lastId: number

  constructor(database: Database) {
    this.#sql = statements(database)
    this.#lastId = Number(database.value('SELECT coalesce(max(id), 0) FROM messages'))
  }

  insert(message: Message, visibleAt: number): StoredMessage {
    return this.#insert(message, visibleAt).stored
  }

  /** @returns undefined when the timer exists */
  insertTimer(timer: TimerMessage, visibleAt: number): StoredMessage | undefined {
    const { stored, isNew } = this.#insert(timer, visibleAt, timer)
    return isNew ? stored : undefined
  }

  /** Messages of a lane that are due, beyond a position, in order. */
  *due(lane: string, now: number, after: Position): Generator<StoredMessage> {
    const rows = this.#sql.due.iterate(lane, now, after.visibleAt, after.id)
    for (const row of rows) yield toStored(row as unknown as Row)
  }

  /** When the first message of a lane after `now` becomes due. */
  nextDue(lane: string, now: number): number {
    const at = this.#sql.nextDue.get(lane, now)?.['at']
    return typeof at === 'number' ? at : Number.POSITIVE_INFINITY
  }

  lanes(): string[] {
    return this.#sql.lanes.all().map((row) => String(row['lane']))
  }

  remove(id: number): void {
    this.#sql.remove.run(id)
  }

  /** Its host has outlived it, so it is no suspect any more. */
  postpone(id: number, visibleAt: number, receives: number): void {
    this.#sql.postpone.run(visibleAt, receives, id)
  }

  countAttempt(id: number): void {
    this.#sql.countAttempt.run(id)
  }

  /** Counts a start after a kill on all that is due. */
  countBoot(now: number): void {
    this.#sql.countBoot.run(now)
  }

  removeTimer({ instanceId, incarnation }: InstanceKey, generation: number, seq: number): void {
    this.#sql.removeTimer.run(instanceId, incarnation, generation, seq)
  }

  removeTimers({ instanceId, incarnation }: InstanceKey): void {
    this.#sql.removeTimers.run(instanceId, incarnation)
  }

  #insert(
    message: Message,
    visibleAt: number,
    timer?: { readonly generation: number; readonly seq: number },
  ) {
    const { instanceId, incarnation, token, ...rest } = message
    const body = JSON.stringify(rest)
    const lane = laneOf(message)
    const id = ++this.#lastId
    const { generation = null, seq = null } = timer ?? {}
    const key = [instanceId, incarnation, generation, seq] as const
    const { changes } = this.#sql.insert.run(id, lane, visibleAt, ...key, token, body)
    const size = sizeOf(body)
    return {
      stored: { id, lane, visibleAt, boots: 0, attempts: 0, receives: 0, message, size },
      isNew: changes === 1,
    }
  }
}

function toStored(row: Row): StoredMessage {
  const { id, lane, boots, attempts, receives, instance_id: instanceId, incarnation, token, body } = row
  const message = { ...(JSON.parse(body) as object), instanceId, incarnation, token } as Message
  return { id, lane, visibleAt: row.visible_at, boots, attempts, receives, message, size: sizeOf(body) }
}

function sizeOf(body: string): number {
  return body.length + 500
}
