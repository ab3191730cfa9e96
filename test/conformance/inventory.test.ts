// The list of cases and the titles of tests belong together: no case without a test or a reason, no title that names what is not there.

import { expect, test } from 'vitest'
import { inventory } from './inventory/index.ts'
import { namedCases } from './inventory/titles.ts'

const named = namedCases()

test('every case has a name of its own', () => {
  const ids = inventory.map(({ id }) => id)
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
})

test('every case is named by a test, or left out with a reason', () => {
  const held = inventory.filter(({ reason }) => reason === undefined)
  expect(held.length).toBeGreaterThan(300)
  expect(held.filter(({ id }) => !named.has(id)).map(({ id }) => id)).toEqual([])
  for (const { reason } of inventory) expect(reason ?? 'not here: ').toMatch(/^not (?:here|yet): /)
})

test('no case that a test names is said to be left out', () => {
  const left = inventory.filter(({ reason, id }) => reason !== undefined && named.has(id))
  expect(left.map(({ id }) => `${id}: ${named.get(id)?.join(', ')}`)).toEqual([])
})

test('every case that a title names is in the list', () => {
  const ids = new Set(inventory.map(({ id }) => id))
  const unknown = [...named].filter(([id]) => !ids.has(id))
  expect(unknown.map(([id, files]) => `${id}: ${files.join(', ')}`)).toEqual([])
})
