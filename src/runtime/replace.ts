// A new life in the place of one that has ended.

import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

/** Keys of starts before the present one that an id remembers. */
const formerStarts = 20

/** Whether the start that the row is for has had the id before the present one: what was started once is not started again. */
export function isFormer({ formerStartKeys = [] }: InstanceRow, { startKey }: InstanceRow): boolean {
  return startKey !== undefined && formerStartKeys.includes(startKey)
}

/** Puts a row in the place of what gives its id up. @returns undefined when it was put, else the row that is in the way. */
export async function replace(
  ports: Ports,
  present: InstanceRow,
  row: InstanceRow,
): Promise<InstanceRow | undefined> {
  const { startKey, formerStartKeys = [], incarnation } = present
  const own = startKey !== undefined && startKey !== row.startKey ? [startKey] : []
  const keys = [...own, ...formerStartKeys].slice(0, formerStarts)
  const heir = keys.length > 0 ? { ...row, formerStartKeys: keys } : row
  return ports.store.createInstance(heir, incarnation)
}
