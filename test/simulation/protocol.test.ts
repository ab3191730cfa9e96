// The protocol in worlds in which everything fails that may. Larger campaigns: `npm run simulate`.

import { describe, expect, test } from 'vitest'
import type { Launch } from './clients.ts'
import { type Mode, modes } from './modes.ts'
import { shrink } from './shrink.ts'
import { simulate } from './world.ts'

const seeds = Number(process.env['SEEDS'] ?? 30)
const from = Number(process.env['FROM'] ?? 1)

/** Runs one world a seed. @returns what was violated, with the seed that shows it, and what happened how often */
async function campaign(mode: Mode) {
  const violations: string[] = []
  const counts = new Map<string, number>()
  for (let seed = from; seed < from + seeds && violations.length < 5; seed++) {
    const report = await simulate(seed, modes[mode])
    if (report.violations.length > 0) violations.push(`seed ${seed}: ${report.violations.join('; ')}`)
    for (const [what, number] of report.counts) counts.set(what, (counts.get(what) ?? 0) + number)
  }
  return { violations, counts }
}

describe('every program reaches the result of the oracle, and no invariant is broken', () => {
  test.each(Object.keys(modes) as Mode[])('%s', { timeout: 900_000 }, async (mode) => {
    const { violations, counts } = await campaign(mode)
    expect(violations).toEqual([])
    expect(counts.get('episodes')).toBeGreaterThan(seeds)
    // A campaign that never met its faults would prove nothing.
    const met = 'faults' in modes[mode] ? ['crash before', 'crash after', 'freeze'] : []
    expect([...counts.keys()]).toEqual(expect.arrayContaining([...met, 'input in the history']))
  })
})

test('the same seed gives the same world', async () => {
  const [once, twice] = [await simulate(7, modes.faults), await simulate(7, modes.faults)]
  expect(once.trace).toBe(twice.trace)
  expect(once.trace).not.toBe((await simulate(8, modes.faults)).trace)
})

test('a world in which something is wrong is brought down to the step that shows it', async () => {
  const launches: readonly Launch[] = [
    {
      program: [
        { k: 'act', x: 1 },
        { k: 'loop', times: 2, body: [{ k: 'timer', seconds: 5 }] },
      ],
    },
    { program: [{ k: 'fan', xs: [1, 2, 3] }], next: [{ k: 'send' }] },
  ]
  const hasTimer = async (some: readonly Launch[]): Promise<boolean> => JSON.stringify(some).includes('timer')
  expect(await shrink(launches, hasTimer)).toEqual([{ program: [{ k: 'timer', seconds: 5 }] }])
})
