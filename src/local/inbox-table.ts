// The inbox, and what is left of consumed rows.

import type { InboxRow } from '../runtime/rows.ts'
import type { Database } from './database.ts'

/** For how long a late retry of a consumed fact is recognised. */
const markMs = 7 * 24 * 3_600_000
const pruneEveryMs = 3_600_000
/** Marks that one prune deletes at most, so that no group becomes long. */
const prunedAtOnce = 1_000

interface StoredRow {
  readonly fact_id: string
  readonly accepted_at: number
  readonly digest: string | null
  readonly body: string
}

const columns = 'fact_id, accepted_at, digest, body'

function statements(database: Database) {
  return {
    get: database.prepare(
      `SELECT ${columns} FROM inbox WHERE life = :life AND fact_id = :factId
        UNION ALL SELECT ${columns} FROM consumed WHERE life = :life AND fact_id = :factId LIMIT 1`,
    ),
    put: database.prepare(
      `INSERT INTO inbox (life, fact_id, accepted_at, digest, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
        SET accepted_at = excluded.accepted_at, digest = excluded.digest, body = excluded.body`,
    ),
    all: database.prepare(`SELECT ${columns} FROM inbox WHERE life = ? ORDER BY position`),
    count: database.prepare('SELECT count(*) AS n FROM (SELECT 1 FROM inbox WHERE life = ? LIMIT ?)'),
    mark: database.prepare(
      `INSERT OR IGNORE INTO consumed (life, fact_id, accepted_at, consumed_at, digest, body)
        SELECT life, fact_id, accepted_at, ?, digest, json_remove(body, '$.input', '$.output', '$.reason')
        FROM inbox WHERE life = ? AND fact_id = ? AND digest IS NOT NULL`,
    ),
    consume: database.prepare('DELETE FROM inbox WHERE life = ? AND fact_id = ?'),
    remove: database.prepare('DELETE FROM inbox WHERE life = ?'),
    removeMarks: database.prepare('DELETE FROM consumed WHERE life = ?'),
    prune: database.prepare(
      `DELETE FROM consumed WHERE (life, fact_id) IN
        (SELECT life, fact_id FROM consumed WHERE consumed_at < ? ORDER BY consumed_at LIMIT ${prunedAtOnce})`,
    ),
  }
}

export class InboxTable {
  readonly #sql: ReturnType<typeof statements>
  #prunedAt = Number.NEGATIVE_INFINITY

  constructor(database: Database) {
    this.#sql = statements(database)
  }

  /** The row of a fact; of a consumed one its mark, whose event has lost its payload. */
  get(life: number, factId: string): InboxRow | undefined {
    const row = this.#sql.get.get({ life, factId })
    return row && toInboxRow(row)
  }

  put(life: number, { factId, event, acceptedAt, digest }: InboxRow): void {
    this.#sql.put.run(life, factId, acceptedAt, digest ?? null, JSON.stringify(event))
  }

  /** The rows that wait, in order of acceptance. */
  all(life: number): InboxRow[] {
    return this.#sql.all.all(life).map(toInboxRow)
  }

  count(life: number, atMost: number): number {
    return Number(this.#sql.count.get(life, atMost)?.['n'])
  }

  /** Deletes consumed rows, leaves marks, and now and then lets go of old marks. */
  consume(life: number, factIds: readonly string[], now: number): void {
    for (const factId of factIds) {
      this.#sql.mark.run(now, life, factId)
      this.#sql.consume.run(life, factId)
    }
    if (Math.abs(now - this.#prunedAt) < pruneEveryMs) return
    const { changes } = this.#sql.prune.run(now - markMs)
    if (Number(changes) < prunedAtOnce) this.#prunedAt = now
  }

  remove(life: number): void {
    this.#sql.remove.run(life)
    this.#sql.removeMarks.run(life)
  }
}

function toInboxRow(row: object): InboxRow {
  const { fact_id, accepted_at, digest, body } = row as StoredRow
  const event = JSON.parse(body) as InboxRow['event']
  return { factId: fact_id, event, acceptedAt: accepted_at, ...(digest !== null && { digest }) }
}
