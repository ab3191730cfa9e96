import type { InstanceKey } from '../runtime/episode.ts'
// Rows of instances: what is known of each, and which of its lives is the present one.
import type { InstanceRow, Projection } from '../runtime/ports.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import { isTerminal, type RuntimeStatus } from '../workflow/status.ts'
import type { Database } from './database.ts'

/** One life of an instance: its place on the line of episodes, without the payloads. */
export interface Life {
  readonly life: number
  readonly instance_id: string
  readonly incarnation: string
  readonly created_at: number
  readonly updated_at: number
  readonly projected: RuntimeStatus
  readonly status: RuntimeStatus
  readonly shown_n: number
  readonly last_n: number
  readonly opening_n: number
  readonly purged_at: number | null
}

/** What of a row changes with its episodes. */
type Shown = Pick<InstanceRow, 'customStatus' | 'output' | 'failure' | 'stalled'>

type FullRow = Life & { readonly start: string; readonly shown: string | null }

/** Where the next page of a list begins. */
export interface PageStart {
  readonly createdAt: number
  readonly instanceId: string
}

const fullRow = `SELECT i.*, starts.body AS start, shown.body AS shown
  FROM instances i JOIN starts USING (life) LEFT JOIN shown USING (life)`
const pageOf = (condition: string) => `${fullRow}
  WHERE purged_at IS NULL AND ${condition} created_at >= :createdAt
    AND (created_at > :createdAt OR instance_id > :instanceId)
  ORDER BY created_at, instance_id LIMIT :limit`

export type InstanceTable = ReturnType<typeof instanceTable>

export function instanceTable(database: Database) {
  const find = database.prepare('SELECT * FROM instances WHERE instance_id = ?')
  const findFull = database.prepare(`${fullRow} WHERE instance_id = ?`)
  const insert = database.prepare(
    `INSERT INTO instances
      (instance_id, incarnation, created_at, updated_at, projected, status, shown_n, last_n, opening_n, purged_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?)`,
  )
  const remove = database.prepare('DELETE FROM instances WHERE life = ?')
  const putStart = database.prepare('INSERT OR REPLACE INTO starts VALUES (?, ?)')
  const getShown = database.prepare('SELECT body FROM shown WHERE life = ?')
  const putShown = database.prepare('INSERT OR REPLACE INTO shown VALUES (?, ?)')
  const removeShown = database.prepare('DELETE FROM shown WHERE life = ?')
  const removeStart = database.prepare('DELETE FROM starts WHERE life = ?')
  const advance = database.prepare(
    'UPDATE instances SET last_n = ?, opening_n = ?, updated_at = max(updated_at, ?) WHERE life = ?',
  )
  const show = database.prepare(
    `UPDATE instances SET projected = ?, status = ?, shown_n = ?, updated_at = max(updated_at, ?) WHERE life = ?`,
  )
  const bury = database.prepare('UPDATE instances SET purged_at = ?, updated_at = ? WHERE life = ?')
  const page = database.prepare(pageOf(''))
  const pageByStatus = database.prepare(pageOf('status = :status AND'))

  const shownOf = (life: number): Shown => {
    const row = getShown.get(life)
    return row ? (JSON.parse(String(row['body'])) as Shown) : {}
  }
  const writeShown = (life: number, shown: Shown) => {
    const body = JSON.stringify(shown)
    if (body === '{}') removeShown.run(life)
    else putShown.run(life, body)
  }
  const update = (line: Life, to: { projected: RuntimeStatus; n: number; at: number; shown: Shown }) => {
    const { projected, n, at, shown } = to
    writeShown(line.life, shown)
    show.run(projected, shown.stalled ? 'STALLED' : projected, n, at, line.life)
  }

  return {
    find: (instanceId: string) => find.get(instanceId) as unknown as Life | undefined,

    /** The life that a key names, if it is the present one and not purged. */
    alive(key: InstanceKey): Life | undefined {
      const line = find.get(key.instanceId) as unknown as Life | undefined
      return line?.incarnation === key.incarnation && line.purged_at === null ? line : undefined
    },

    row(instanceId: string): InstanceRow | undefined {
      const row = findFull.get(instanceId)
      return row && toInstanceRow(row as unknown as FullRow)
    },

    insert(row: InstanceRow): void {
      const { instanceId, incarnation, createdAt, lastUpdatedAt, status, episode, purgedAt, ...rest } = row
      const { customStatus, output, failure, stalled, ...start } = rest
      const { lastInsertRowid } = insert.run(
        instanceId,
        incarnation,
        createdAt,
        lastUpdatedAt,
        status,
        status,
        episode,
        purgedAt ?? null,
      )
      const life = Number(lastInsertRowid)
      putStart.run(life, JSON.stringify(start))
      writeShown(life, { customStatus, output, failure, ...(stalled && { stalled }) } as Shown)
    },

    remove(life: number): void {
      for (const statement of [remove, removeStart, removeShown]) statement.run(life)
    },

    /** The line has grown by an episode. An instance that has one runs, whether or not it is projected yet. */
    advance(line: Life, to: { n: number; openingN: number; at: number }): void {
      advance.run(to.n, to.openingN, to.at, line.life)
      if (line.projected !== 'PENDING') return
      const status = line.status === 'PENDING' ? 'RUNNING' : line.status
      show.run('RUNNING', status, line.shown_n, to.at, line.life)
    },

    project(line: Life, { episode, status, lastUpdatedAt, customStatus, output, failure }: Projection): void {
      const { stalled } = shownOf(line.life)
      const shown = { customStatus, output, failure, ...(!isTerminal(status) && { stalled }) } as Shown
      update(line, { projected: status, n: episode, at: lastUpdatedAt, shown })
    },

    setStalled(line: Life, reason: FailureDetails | undefined, at: number): void {
      const { stalled, ...shown } = shownOf(line.life)
      if (!stalled && !reason) return
      update(line, {
        projected: line.projected,
        n: line.shown_n,
        at,
        shown: { ...shown, ...(reason && { stalled: reason }) },
      })
    },

    /** Leaves of a row what tells that it was there. */
    bury(line: Life, at: number): void {
      const row = findFull.get(line.instance_id) as unknown as FullRow
      const { name, startDigest, startKey } = JSON.parse(row.start) as InstanceRow
      putStart.run(line.life, JSON.stringify({ name, startDigest, startKey }))
      removeShown.run(line.life)
      bury.run(at, at, line.life)
    },

    page(after: PageStart, limit: number, status?: RuntimeStatus): InstanceRow[] {
      const { createdAt, instanceId } = after
      const rows = status
        ? pageByStatus.all({ status, createdAt, instanceId, limit })
        : page.all({ createdAt, instanceId, limit })
      return rows.map((row) => toInstanceRow(row as unknown as FullRow))
    },
  }
}

function toInstanceRow(row: FullRow): InstanceRow {
  const { stalled, ...shown } = (row.shown ? JSON.parse(row.shown) : {}) as Shown
  return {
    instanceId: row.instance_id,
    incarnation: row.incarnation,
    status: row.status,
    createdAt: row.created_at,
    lastUpdatedAt: row.updated_at,
    episode: row.shown_n,
    ...(JSON.parse(row.start) as Pick<InstanceRow, 'name' | 'startDigest'>),
    ...shown,
    ...(stalled && { stalled }),
    ...(row.purged_at !== null && { purgedAt: row.purged_at }),
  }
}
