// What runs of activities leave for those that come after them.

import { type AttemptRow, type CallKey, mayReplace } from '../runtime/rows.ts'
import type { Database } from './database.ts'

/** Longer than any message lives: a row that is gone is missed by nobody. */
const keptMs = 15 * 24 * 3_600_000
/** Rows that one write lets go of at most, so that no group becomes long. */
const prunedAtOnce = 100

function statements(database: Database) {
  return {
    get: database.prepare('SELECT body FROM attempts WHERE life = ? AND generation = ? AND first_seq = ?'),
    put: database.prepare(
      `INSERT INTO attempts (life, generation, first_seq, written_at, body) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET written_at = excluded.written_at, body = excluded.body`,
    ),
    remove: database.prepare('DELETE FROM attempts WHERE life = ?'),
    prune: database.prepare(
      `DELETE FROM attempts WHERE (life, generation, first_seq) IN
        (SELECT life, generation, first_seq FROM attempts WHERE written_at < ?
          ORDER BY written_at LIMIT ${prunedAtOnce})`,
    ),
  }
}

export class AttemptTable {
  readonly #sql: ReturnType<typeof statements>

  constructor(database: Database) {
    this.#sql = statements(database)
  }

  get(life: number | undefined, { generation, firstSeq }: CallKey): AttemptRow | undefined {
    if (life === undefined) return undefined
    const row = this.#sql.get.get(life, generation, firstSeq)
    return row && (JSON.parse(String(row['body'])) as AttemptRow)
  }

  /** @returns the row that is in the way */
  put(life: number | undefined, row: AttemptRow, now: number, replaces?: string): AttemptRow | undefined {
    if (life === undefined) return undefined // nobody would ever read it
    const present = this.get(life, row)
    if (!mayReplace(present, row, replaces)) return present
    this.#sql.put.run(life, row.generation, row.firstSeq, now, JSON.stringify(row))
    this.#sql.prune.run(now - keptMs)
    return undefined
  }

  remove(life: number): void {
    this.#sql.remove.run(life)
  }
}
