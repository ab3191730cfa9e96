// The protocol below the adapters: the production handlers and adapters on stand-ins of AWS. Larger campaigns: `npm run simulate -- --level aws`.

import { expect, test } from 'vitest'
import { type Mode, modes } from '../modes.ts'
import { simulate } from '../world.ts'

const seeds = Number(process.env['AWS_SEEDS'] ?? 3)

test.each(Object.keys(modes) as Mode[])(
  'on AWS every program reaches the result of the oracle, and no invariant is broken: %s',
  { timeout: 600_000 },
  async (mode) => {
    const violations: string[] = []
    const counts = new Map<string, number>()
    for (let seed = 1; seed <= seeds; seed++) {
      const report = await simulate(seed, { ...modes[mode], level: 'aws' })
      if (report.violations.length > 0) violations.push(`seed ${seed}: ${report.violations.join('; ')}`)
      for (const [what, number] of report.counts) counts.set(what, (counts.get(what) ?? 0) + number)
    }
    expect(violations).toEqual([])
    expect(counts.get('episodes')).toBeGreaterThan(seeds)
    const met = 'faults' in modes[mode] ? ['crash before', 'crash after', 'freeze'] : []
    expect([...counts.keys()]).toEqual(expect.arrayContaining(met))
  },
)

test('the same seed gives the same world on AWS', async () => {
  const options = { ...modes.faults, level: 'aws' } as const
  const [once, twice] = [await simulate(7, options), await simulate(7, options)]
  expect(once.trace).toBe(twice.trace)
  expect(once.trace).not.toBe((await simulate(8, options)).trace)
})
