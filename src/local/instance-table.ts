// Rows of instances: what is known of each, and which of its lives is the present one.

import type { Episode, InstanceKey } from '../runtime/episode.ts'
import type { RowDetail } from '../runtime/ports.ts'
import type { InstanceRow, Projection, Stall } from '../runtime/rows.ts'
import { isTerminal, type RuntimeStatus } from '../workflow/status.ts'
import type { Database } from './database.ts'
import type { Ages } from './retention.ts'

/** One life of an instance: its place on the line of episodes, without the payloads. See `schema.ts`. */
export interface Life {
  readonly life: number
  readonly instance_id: string
  readonly incarnation: string
  readonly created_at: number
  readonly updated_at: number
  readonly projected: RuntimeStatus
  readonly listed: RuntimeStatus
  readonly shown_n: number
  readonly last_n: number
  readonly opening_n: number
  readonly unread: number
  readonly purged_at: number | null
}

/** What of a row a projection changes, beside its status. */
type Shown = Omit<Projection, 'episode' | 'status' | 'lastUpdatedAt'> & Pick<InstanceRow, 'stalled'>

/** A life with the JSON of its start and of what it shows. */
export type FullRow = Life & { readonly start: string; readonly shown: string | null }

const fullRow = `SELECT i.*, starts.body AS start, shown.body AS shown
  FROM instances i JOIN starts USING (life) LEFT JOIN shown USING (life)`

function statements(database: Database) {
  return {
    find: database.prepare('SELECT * FROM instances WHERE instance_id = ?'),
    findFull: database.prepare(`${fullRow} WHERE instance_id = ?`),
    insert: database.prepare(
      `INSERT INTO instances
        (instance_id, incarnation, created_at, updated_at, projected, listed, shown_n, name, parent_id,
          last_n, opening_n, unread)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0)`,
    ),
    putTag: database.prepare('INSERT OR REPLACE INTO tags (life, name, value) VALUES (?, ?, ?)'),
    removeTags: database.prepare('DELETE FROM tags WHERE life = ?'),
    remove: database.prepare('DELETE FROM instances WHERE life = ?'),
    putStart: database.prepare('INSERT OR REPLACE INTO starts VALUES (?, ?)'),
    removeStart: database.prepare('DELETE FROM starts WHERE life = ?'),
    getShown: database.prepare('SELECT body FROM shown WHERE life = ?'),
    putShown: database.prepare('INSERT OR REPLACE INTO shown VALUES (?, ?)'),
    removeShown: database.prepare('DELETE FROM shown WHERE life = ?'),
    advance: database.prepare(
      `UPDATE instances SET last_n = ?, opening_n = ?, unread = ?, updated_at = max(updated_at, ?) WHERE life = ?`,
    ),
    show: database.prepare(
      `UPDATE instances SET projected = ?, listed = ?, shown_n = ?, updated_at = max(updated_at, ?) WHERE life = ?`,
    ),
    ended: database.prepare(
      `SELECT * FROM instances WHERE purged_at IS NULL AND projected IN ('COMPLETED', 'FAILED', 'TERMINATED')
        AND projected = ? AND updated_at <= ? LIMIT ?`,
    ),
    buried: database.prepare(
      'SELECT * FROM instances WHERE purged_at IS NOT NULL AND purged_at <= ? LIMIT ?',
    ),
    bury: database.prepare('UPDATE instances SET purged_at = ?, updated_at = ?, unread = 0 WHERE life = ?'),
  }
}

export class InstanceTable {
  readonly #sql: ReturnType<typeof statements>

  constructor(database: Database) {
    this.#sql = statements(database)
  }

  /** The present life of an instance id, which may be purged. */
  find(instanceId: string): Life | undefined {
    return this.#sql.find.get(instanceId) as Life | undefined
  }

  /** The life that a key names, if it is the present one and not purged. */
  alive(key: InstanceKey): Life | undefined {
    const life = this.find(key.instanceId)
    return life?.incarnation === key.incarnation && life.purged_at === null ? life : undefined
  }

  row(instanceId: string, detail?: RowDetail): InstanceRow | undefined {
    const found = this.#sql.findFull.get(instanceId) as FullRow | undefined
    if (!found || detail === 'start') return found && toInstanceRow(found)
    const { past: _, ...row } = toInstanceRow(found)
    return row
  }

  insert(row: InstanceRow): void {
    const { instanceId, incarnation, createdAt, lastUpdatedAt, status, episode, ...start } = row
    const key = [instanceId, incarnation] as const
    const { lastInsertRowid } = this.#sql.insert.run(
      ...key,
      createdAt,
      lastUpdatedAt,
      status,
      status,
      episode,
      start.name,
      start.parent?.instanceId ?? null,
    )
    this.#sql.putStart.run(lastInsertRowid, JSON.stringify(start))
    for (const tag of Object.entries(start.tags ?? {})) this.#sql.putTag.run(lastInsertRowid, ...tag)
  }

  remove(life: number): void {
    this.#sql.remove.run(life)
    this.#sql.removeStart.run(life)
    this.#sql.removeShown.run(life)
    this.#sql.removeTags.run(life)
  }

  /** The line has grown by an episode. An instance that has one runs, whether or not it is projected yet. */
  advance(life: Life, { n, at, continuedAsNew, unreadEvents = 0 }: Episode): void {
    this.#sql.advance.run(n, continuedAsNew ? n : life.opening_n, unreadEvents, at, life.life)
    if (life.projected !== 'PENDING') return
    const listed = life.listed === 'PENDING' ? 'RUNNING' : life.listed
    this.#sql.show.run('RUNNING', listed, life.shown_n, at, life.life)
  }

  /** A terminal status ends a stall. */
  project({ life }: Life, { episode, status, lastUpdatedAt, ...changed }: Projection): void {
    const stalled = isTerminal(status) ? undefined : this.#shownOf(life).stalled
    this.#putShown(life, { ...changed, ...(stalled && { stalled }) })
    this.#sql.show.run(status, stalled ? 'STALLED' : status, episode, lastUpdatedAt, life)
  }

  stalled({ life, listed }: Life): Stall | undefined {
    return listed === 'STALLED' ? this.#shownOf(life).stalled : undefined
  }

  setStalled({ life, projected, shown_n }: Life, stall: Stall | undefined, at: number): void {
    const { stalled: _, ...shown } = this.#shownOf(life)
    this.#putShown(life, { ...shown, ...(stall && { stalled: stall }) })
    this.#sql.show.run(projected, stall ? 'STALLED' : projected, shown_n, at, life)
  }

  /**
   * Leaves of a row what tells that it was there, and whose: a parent that asks again must not get a second
   * child.
   */
  bury({ life, instance_id }: Life, at: number): void {
    const row = this.#sql.findFull.get(instance_id) as unknown as FullRow
    const { name, startDigest, startKey, formerStartKeys, parent } = JSON.parse(row.start) as InstanceRow
    const kept = { name, startDigest, startKey, formerStartKeys, parent }
    this.#sql.putStart.run(life, JSON.stringify(kept))
    this.#sql.removeShown.run(life)
    this.#sql.removeTags.run(life)
    this.#sql.bury.run(at, at, life)
  }

  /** Lives whose time is over, and tombstones of those that were purged long ago. */
  older(ages: Ages, now: number, limit: number): Life[] {
    const found: Life[] = []
    for (const [status, ms] of ages) {
      const by = now - ms
      const rest = limit - found.length
      const rows =
        status === 'PURGED' ? this.#sql.buried.all(by, rest) : this.#sql.ended.all(status, by, rest)
      found.push(...(rows as unknown as Life[]))
    }
    return found
  }

  #shownOf(life: number): Shown {
    const row = this.#sql.getShown.get(life)
    return row ? (JSON.parse(String(row['body'])) as Shown) : {}
  }

  #putShown(life: number, shown: Shown): void {
    const body = JSON.stringify(shown)
    if (body === '{}') this.#sql.removeShown.run(life)
    else this.#sql.putShown.run(life, body)
  }
}

export function toInstanceRow(row: FullRow): InstanceRow {
  return {
    instanceId: row.instance_id,
    incarnation: row.incarnation,
    status: row.projected,
    createdAt: row.created_at,
    lastUpdatedAt: row.updated_at,
    episode: Math.max(row.shown_n, row.last_n),
    ...(JSON.parse(row.start) as Pick<InstanceRow, 'name' | 'startDigest'>),
    ...(row.shown !== null && (JSON.parse(row.shown) as Shown)),
    ...(row.unread > 0 && { unreadEvents: row.unread }),
    ...(row.purged_at !== null && { purgedAt: row.purged_at }),
  }
}
