// What a filter asks of the list index: a range of its order, which costs nothing, and a condition on rows that were read and paid for.

import type { InstanceFilter } from '../../runtime/instance-filter.ts'
import { escapeText } from '../keys.ts'
import { type Item, number, text } from './items.ts'
import { orderAt } from './rows.ts'
import type { Range } from './stream.ts'

/** It has as many digits as an order. */
const latest = Number.MAX_SAFE_INTEGER

/** '#' and '~' are below and above whatever follows the time in an order. */
export function orderRange({ createdFrom = 0, createdTo = latest }: InstanceFilter): Range {
  const [from, to] = [Math.ceil(createdFrom), Math.floor(createdTo)].map((at) =>
    Math.min(Math.max(at, 0), latest),
  )
  if (createdTo < 0 || createdFrom > latest) return { from: '~', to: '' }
  return { from: `${orderAt(from ?? 0)}#`, to: `${orderAt(to ?? latest)}#~` }
}

export interface RowFilter {
  readonly text: string
  readonly values: Item
  readonly names: Readonly<Record<string, string>>
}

/** @returns undefined when every row of the range is meant */
export function rowFilter(filter: InstanceFilter): RowFilter | undefined {
  const { workflowNames, lastUpdatedFrom, lastUpdatedTo, parentInstanceId, tags = {} } = filter
  const { instanceIdPrefix = '' } = filter
  const conditions: string[] = []
  const values: Item = {}
  const names: Record<string, string> = {}
  function add(condition: string, attribute: string, given: Item): void {
    conditions.push(condition)
    names[`#${attribute}`] = attribute
    Object.assign(values, given)
  }
  if (workflowNames) {
    const given = workflowNames.map((name, at) => [`:name${at}`, text(name)] as const)
    const isNamed =
      given.length > 0
        ? `#name IN (${given.map(([name]) => name).join(', ')})`
        : 'attribute_not_exists(#name)'
    add(isNamed, 'name', Object.fromEntries(given))
  }
  if (lastUpdatedFrom !== undefined) {
    add('#lastUpdatedAt >= :updatedFrom', 'lastUpdatedAt', { ':updatedFrom': number(lastUpdatedFrom) })
  }
  if (lastUpdatedTo !== undefined) {
    add('#lastUpdatedAt <= :updatedTo', 'lastUpdatedAt', { ':updatedTo': number(lastUpdatedTo) })
  }
  if (instanceIdPrefix !== '') {
    // The key of an id that is too long for one is its digest; the id stands beside it.
    const begins = '(begins_with(#pk, :prefix) OR begins_with(#instanceId, :prefix))'
    add(begins, 'pk', { ':prefix': text(instanceIdPrefix) })
    names['#instanceId'] = 'instanceId'
  }
  if (parentInstanceId !== undefined) {
    add('#parent.#instanceId = :parent', 'parent', { ':parent': text(parentInstanceId) })
    names['#instanceId'] = 'instanceId'
  }
  for (const [at, [name, value]] of Object.entries(tags).entries()) {
    add(`#tags.#tag${at} = :tag${at}`, 'tags', { [`:tag${at}`]: text(value) })
    names[`#tag${at}`] = escapeText(name)
  }
  return conditions.length > 0 ? { text: conditions.join(' AND '), values, names } : undefined
}
