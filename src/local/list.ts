// Lists of instances, page by page, ordered by age: one statement a page, made of what its filter asks for.

import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { parsePageToken, toPageToken } from '../runtime/page-token.ts'
import type { InstancePage, ListFilter } from '../runtime/ports.ts'
import type { Database } from './database.ts'
import { type FullRow, toInstanceRow } from './instance-table.ts'

/** Without payloads, which may have megabytes; of what a row shows, the reason of a stall. */
const lightRow = `SELECT i.*, json_remove(starts.body, '$.input', '$.past') AS start,
    CASE WHEN listed = 'STALLED' THEN json_object('stalled', shown.body -> '$.stalled') END AS shown
  FROM page JOIN instances i USING (life) JOIN starts USING (life) LEFT JOIN shown USING (life)`

type Parameters = Record<string, SQLInputValue>

export class InstanceList {
  readonly #database: Database
  /** By their text: as many as there are combinations of filters in use. */
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: Database) {
    this.#database = database
  }

  page(filter: ListFilter): InstancePage {
    const { limit, newestFirst = false } = filter
    // One more than asked for tells whether there is a next page.
    const parameters: Parameters = { limit: limit + 1 }
    const conditions = conditionsOf(filter, parameters)
    const order = newestFirst ? 'DESC' : 'ASC'
    const byAge = `ORDER BY created_at ${order}, instance_id ${order}`
    const parts = sourcesOf(filter, parameters).map(
      ({ source, condition }) => `SELECT * FROM (SELECT life, created_at, instance_id FROM ${source}
        WHERE ${[condition, ...conditions].join(' AND ')} ${byAge} LIMIT :limit)`,
    )
    const page = `WITH page AS (${parts.join(' UNION ALL ')} ${byAge} LIMIT :limit)`
    const found = this.#prepared(`${page} ${lightRow} ORDER BY i.created_at ${order}, i.instance_id ${order}`)
    const rows = found.all(parameters).map((row) => toInstanceRow(row as unknown as FullRow))
    const instances = rows.slice(0, limit)
    const last = instances.at(-1)
    return { instances, ...(last && rows.length > limit && { pageToken: toPageToken(last) }) }
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

/** Where to look: of few children in their own index, else status by status, each in its order. */
function sourcesOf({ statuses, parentInstanceId }: ListFilter, parameters: Parameters) {
  const one = (source: string, condition: string) => ({ source, condition })
  const named = [...new Set(statuses)]
  if (statuses && (parentInstanceId !== undefined || named.length === 0)) {
    parameters['statuses'] = JSON.stringify(named)
    return [one(sourceOf(parentInstanceId), `listed IN (SELECT value FROM json_each(:statuses))`)]
  }
  if (!statuses) return [one(sourceOf(parentInstanceId), 'purged_at IS NULL')]
  return named.map((status, at) => {
    parameters[`status${at}`] = status
    return one('instances', `listed = :status${at}`)
  })
}

function sourceOf(parentInstanceId: string | undefined): string {
  return parentInstanceId === undefined ? 'instances' : 'instances INDEXED BY instances_by_parent'
}

function conditionsOf(filter: ListFilter, parameters: Parameters): readonly string[] {
  const conditions = ['purged_at IS NULL']
  function add(condition: string, values: Parameters): void {
    conditions.push(condition)
    Object.assign(parameters, values)
  }
  const { workflowNames, createdFrom, createdTo, lastUpdatedFrom, lastUpdatedTo, pageToken } = filter
  const { instanceIdPrefix: prefix = '', parentInstanceId: parent, tags = {}, newestFirst = false } = filter
  if (workflowNames)
    add('name IN (SELECT value FROM json_each(:names))', { names: JSON.stringify(workflowNames) })
  if (createdFrom !== undefined) add('created_at >= :createdFrom', { createdFrom })
  if (createdTo !== undefined) add('created_at <= :createdTo', { createdTo })
  if (lastUpdatedFrom !== undefined) add('updated_at >= :updatedFrom', { updatedFrom: lastUpdatedFrom })
  if (lastUpdatedTo !== undefined) add('updated_at <= :updatedTo', { updatedTo: lastUpdatedTo })
  // No LIKE: it has wildcards, and no opinion on case that is ours.
  if (prefix !== '') add('substr(instance_id, 1, length(:prefix)) = :prefix', { prefix })
  if (parent !== undefined) add('parent_id = :parent', { parent })
  for (const [at, [name, value]] of Object.entries(tags).entries()) {
    const isTagged = `life IN (SELECT life FROM tags WHERE name = :tag${at} AND value = :value${at})`
    add(isTagged, { [`tag${at}`]: name, [`value${at}`]: value })
  }
  if (pageToken !== undefined) {
    const { createdAt: afterAt, instanceId: afterId } = parsePageToken(pageToken)
    const beyond = newestFirst ? '<' : '>'
    add(`(created_at, instance_id) ${beyond} (:afterAt, :afterId)`, { afterAt, afterId })
  }
  return conditions
}
