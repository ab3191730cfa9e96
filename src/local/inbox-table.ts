// The inbox, and what is left of consumed rows.
import type { InboxRow } from '../runtime/ports.ts'
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

export type InboxTable = ReturnType<typeof inboxTable>

export function inboxTable(database: Database) {
  const columns = 'fact_id, accepted_at, digest, body'
  const get = database.prepare(
    `SELECT ${columns} FROM inbox WHERE life = :life AND fact_id = :factId
      UNION ALL SELECT ${columns} FROM consumed WHERE life = :life AND fact_id = :factId LIMIT 1`,
  )
  const put = database.prepare(
    `INSERT INTO inbox (life, fact_id, accepted_at, digest, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
      SET accepted_at = excluded.accepted_at, digest = excluded.digest, body = excluded.body`,
  )
  const all = database.prepare(`SELECT ${columns} FROM inbox WHERE life = ? ORDER BY position`)
  const count = database.prepare('SELECT count(*) AS n FROM (SELECT 1 FROM inbox WHERE life = ? LIMIT ?)')
  const mark = database.prepare(
    `INSERT OR IGNORE INTO consumed
      SELECT life, fact_id, accepted_at, ?, digest, json_remove(body, '$.input', '$.output', '$.reason')
      FROM inbox WHERE life = ? AND fact_id = ? AND digest IS NOT NULL`,
  )
  const removeOne = database.prepare('DELETE FROM inbox WHERE life = ? AND fact_id = ?')
  const remove = database.prepare('DELETE FROM inbox WHERE life = ?')
  const removeMarks = database.prepare('DELETE FROM consumed WHERE life = ?')
  const prune = database.prepare(
    `DELETE FROM consumed WHERE (life, fact_id) IN
      (SELECT life, fact_id FROM consumed WHERE consumed_at < ? ORDER BY consumed_at LIMIT ${prunedAtOnce})`,
  )
  let prunedAt = Number.NEGATIVE_INFINITY

  return {
    /** The row of a fact; of a consumed one its mark, whose event has lost its payload. */
    get(life: number, factId: string): InboxRow | undefined {
      const row = get.get({ life, factId })
      return row && toInboxRow(row as unknown as StoredRow)
    },

    put(life: number, { factId, event, acceptedAt, digest }: InboxRow): void {
      put.run(life, factId, acceptedAt, digest ?? null, JSON.stringify(event))
    },

    all: (life: number): InboxRow[] => all.all(life).map((row) => toInboxRow(row as unknown as StoredRow)),

    count: (life: number, atMost: number): number => Number(count.get(life, atMost)?.['n']),

    /** Deletes consumed rows, leaves marks, and lets go of old ones now and then. */
    consume(life: number, factIds: readonly string[], now: number): void {
      for (const factId of factIds) {
        mark.run(now, life, factId)
        removeOne.run(life, factId)
      }
      if (now - prunedAt < pruneEveryMs && now >= prunedAt) return
      const { changes } = prune.run(now - markMs)
      if (Number(changes) < prunedAtOnce) prunedAt = now
    },

    remove(life: number): void {
      remove.run(life)
      removeMarks.run(life)
    },
  }
}

function toInboxRow({ fact_id, accepted_at, digest, body }: StoredRow): InboxRow {
  const event = JSON.parse(body) as InboxRow['event']
  return { factId: fact_id, event, acceptedAt: accepted_at, ...(digest !== null && { digest }) }
}
