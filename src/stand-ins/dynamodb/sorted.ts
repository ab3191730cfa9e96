// Items in the order of their keys, partition by partition: a table, or an index of one.

import { compareText, type Item } from './values.ts'

export interface Entry {
  /** Within the partition. */
  readonly order: string
  readonly item: Item
}

export class Sorted {
  readonly #partitions = new Map<string, Entry[]>()

  get(partition: string, order: string): Item | undefined {
    const entries = this.#partitions.get(partition) ?? []
    const entry = entries[placeOf(entries, order)]
    return entry?.order === order ? entry.item : undefined
  }

  put(partition: string, order: string, item: Item): void {
    const entries = this.#partitions.get(partition) ?? []
    if (entries.length === 0) this.#partitions.set(partition, entries)
    const at = placeOf(entries, order)
    entries.splice(at, entries[at]?.order === order ? 1 : 0, { order, item })
  }

  remove(partition: string, order: string): void {
    const entries = this.#partitions.get(partition) ?? []
    const at = placeOf(entries, order)
    if (entries[at]?.order === order) entries.splice(at, 1)
  }

  /** Those of a range, both ends inclusive, behind `after`. */
  *range(partition: string, range: Range): Generator<Entry, void, undefined> {
    const entries = this.#partitions.get(partition) ?? []
    const { from = '', to, after, backwards } = range
    let at = placeOf(entries, backwards ? (after ?? to ?? '') : (after ?? from))
    if (backwards) {
      if (after === undefined && to === undefined) at = entries.length
      const isIn = after === undefined && to !== undefined && entries[at]?.order === to
      for (at = isIn ? at : at - 1; at >= 0; at--) {
        const entry = entries[at]
        if (!entry || compareText(entry.order, from) < 0) return
        if (to === undefined || compareText(entry.order, to) <= 0) yield entry
      }
      return
    }
    if (after !== undefined && entries[at]?.order === after) at++
    for (; at < entries.length; at++) {
      const entry = entries[at]
      if (!entry || (to !== undefined && compareText(entry.order, to) > 0)) return
      if (compareText(entry.order, from) >= 0) yield entry
    }
  }

  *all(): Generator<Item, void, undefined> {
    for (const entries of this.#partitions.values()) for (const { item } of entries) yield item
  }
}

export interface Range {
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** It comes next, in the direction of reading, to what was read before. */
  readonly after?: string | undefined
  readonly backwards?: boolean | undefined
}

/** Of the first entry that is not before. */
function placeOf(entries: readonly Entry[], order: string): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareText(entries[middle]?.order ?? '', order) < 0) low = middle + 1
    else high = middle
  }
  return low
}
