// The query parameters that say which instances are meant. A mistyped one would mean more instances than was thought, so unknown ones are
// refused here.

import type { InstanceFilter } from '../runtime/instance-filter.ts'
import type { ListRequest } from '../runtime/management.ts'
import { TenutoError } from '../workflow/errors.ts'
import { pairsOf, parseQuery, parseTime } from './query.ts'
import { isStatus, statuses } from './wire.ts'

const ofFilter = [
  'status',
  'workflowName',
  'createdFrom',
  'createdTo',
  'lastUpdatedFrom',
  'lastUpdatedTo',
  'instanceIDPrefix',
  'parentInstanceID',
  'tag',
]
const ofList = ['pageSize', 'pageToken', 'newestFirst', 'withPayloads', 'count']
const ofMany = ['action', 'all', 'pageToken']

export interface ListQuery {
  readonly request: ListRequest
  /** A number is asked for instead of a list. */
  readonly counts: boolean
}

export interface ManyQuery {
  readonly filter: InstanceFilter
  readonly action: string
  readonly all: boolean
  readonly pageToken?: string
}

/** @throws TenutoError `ERR_MALFORMED_REQUEST` */
export function listQuery(url: string): ListQuery {
  const query = knownOnly(url, [...ofFilter, ...ofList])
  const pageSize = query.get('pageSize')
  return {
    counts: flagOf(query, 'count'),
    request: {
      ...filterOf(url, query),
      ...pageTokenOf(query),
      ...(pageSize !== undefined && { pageSize: numberOf(pageSize) }),
      newestFirst: flagOf(query, 'newestFirst'),
      withPayloads: flagOf(query, 'withPayloads'),
    },
  }
}

/** @throws TenutoError `ERR_MALFORMED_REQUEST` */
export function manyQuery(url: string): ManyQuery {
  const query = knownOnly(url, [...ofFilter, ...ofMany])
  const action = query.get('action') ?? ''
  return { filter: filterOf(url, query), action, all: flagOf(query, 'all'), ...pageTokenOf(query) }
}

/** The tags in `tag=name:value`, of which there may be several. @throws TenutoError `ERR_MALFORMED_REQUEST` */
export function tagsOf(url: string): Readonly<Record<string, string>> | undefined {
  const given = valuesOf(url, 'tag')
  if (given.length === 0) return undefined
  const tags = given.map((text): readonly [string, string] => {
    const at = text.indexOf(':')
    if (at < 1) refuse(`tag must be a name and a value with a colon between, got '${text.slice(0, 80)}'.`)
    return [text.slice(0, at), text.slice(at + 1)]
  })
  const names = new Set(tags.map(([name]) => name))
  if (names.size < tags.length) refuse('A tag is named twice.')
  return Object.fromEntries(tags)
}

type Query = ReturnType<typeof parseQuery>

function knownOnly(url: string, names: readonly string[]): Query {
  const query = parseQuery(url)
  for (const name of query.keys()) {
    if (name === '' || name === 'appID' || names.includes(name)) continue
    refuse(`There is no parameter '${name.slice(0, 40)}' here; there are ${names.join(', ')}.`)
  }
  return query
}

function filterOf(url: string, query: Query): InstanceFilter {
  const named = valuesOf(url, 'status').flatMap((text) => text.split(','))
  const workflowNames = valuesOf(url, 'workflowName')
  const tags = tagsOf(url)
  const prefix = query.get('instanceIDPrefix')
  const parent = query.get('parentInstanceID')
  return {
    ...(named.length > 0 && { statuses: named.map(statusOf) }),
    ...(workflowNames.length > 0 && { workflowNames }),
    ...timeOf(query, 'createdFrom'),
    ...timeOf(query, 'createdTo'),
    ...timeOf(query, 'lastUpdatedFrom'),
    ...timeOf(query, 'lastUpdatedTo'),
    ...(prefix !== undefined && { instanceIdPrefix: prefix }),
    ...(parent !== undefined && { parentInstanceId: parent }),
    ...(tags && { tags }),
  }
}

function valuesOf(url: string, name: string): string[] {
  return pairsOf(url).flatMap(([each, value]) => (each === name ? [value] : []))
}

function statusOf(text: string) {
  const status = text.trim().toUpperCase()
  if (isStatus(status)) return status
  return refuse(`status must be one or more of ${[...statuses].join(', ')}, got '${text.slice(0, 40)}'.`)
}

function timeOf<K extends string>(query: Query, name: K): { readonly [P in K]?: number } {
  const text = query.get(name)
  return text === undefined
    ? {}
    : ({ [name]: parseTime(text, name).getTime() } as { readonly [P in K]?: number })
}

function pageTokenOf(query: Query): { readonly pageToken?: string } {
  const pageToken = query.get('pageToken')
  return pageToken === undefined ? {} : { pageToken }
}

function flagOf(query: Query, name: string): boolean {
  const text = query.get(name) ?? 'false'
  if (text === 'true' || text === 'false') return text === 'true'
  return refuse(`${name} must be true or false, got '${text.slice(0, 40)}'.`)
}

function numberOf(text: string): number {
  return /^\d{1,9}$/.test(text)
    ? Number(text)
    : refuse(`pageSize must be a number, got '${text.slice(0, 40)}'.`)
}

function refuse(message: string): never {
  throw new TenutoError('ERR_MALFORMED_REQUEST', message)
}
