// All cases, by the names that titles of tests use.

import type { CaseGroup, Source } from './case-group.ts'
import { daprJsCases } from './dapr-js.ts'
import { daprLeft } from './dapr-left.ts'
import { daprCases } from './dapr.ts'
import { durabletaskGoCases } from './durabletask-go.ts'
import { durabletaskJsCases } from './durabletask-js.ts'

export interface InventoryCase {
  /** `Dapr: basic/child` */
  readonly id: string
  readonly source: Source
  /** What it asks for; undefined for one that is left out. */
  readonly asks: string | undefined
  /** Why there is no test of it; undefined for one that is held. */
  readonly reason: string | undefined
}

const groups: readonly CaseGroup[] = [
  ...daprCases,
  ...daprLeft,
  ...durabletaskGoCases,
  ...durabletaskJsCases,
  ...daprJsCases,
]

export const inventory: readonly InventoryCase[] = groups.flatMap((group): readonly InventoryCase[] => {
  const { source, group: path } = group
  const named = (name: string): string => `${source}: ${path === '' ? name : `${path}/${name}`}`
  if ('reason' in group) {
    const { reason } = group
    return group.cases.map((name) => ({ id: named(name), source, asks: undefined, reason }))
  }
  return Object.entries(group.cases).map(([name, asks]) => ({
    id: named(name),
    source,
    asks,
    reason: undefined,
  }))
})
