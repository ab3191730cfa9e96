import { expect, test } from 'vitest'
import { type Report, simulate, type WorldOptions } from './world.ts'

async function campaign(from: number, count: number, options: WorldOptions) {
  const failed: Report[] = []
  const counts = new Map<string, number>()
  for (let seed = from; seed < from + count; seed++) {
    const report = await simulate(seed, options)
    if (report.violations.length > 0) failed.push(report)
    for (const [what, number] of report.counts) counts.set(what, (counts.get(what) ?? 0) + number)
    if (failed.length >= 5) break
  }
  return { failed: failed.map(({ seed, violations }) => `seed ${seed}: ${violations.join('; ')}`), counts }
}

const seeds = Number(process.env['SEEDS'] ?? 100)
const from = Number(process.env['FROM'] ?? 1)

test(
  'without faults every program reaches the result of the oracle, and every activity runs exactly once',
  { timeout: 600_000 },
  async () => {
    const { failed, counts } = await campaign(from, seeds, { faults: false })
    console.log(counts)
    expect(failed).toEqual([])
  },
)

test(
  'with every fault, and no sweeper, every program reaches the result of the oracle',
  { timeout: 600_000 },
  async () => {
    const { failed, counts } = await campaign(from, seeds, { faults: true })
    console.log(counts)
    expect(failed).toEqual([])
  },
)

test('crashes and freezes aimed at redelivery lose nothing', { timeout: 600_000 }, async () => {
  const { failed, counts } = await campaign(from, seeds, { faults: true, aimed: true })
  console.log(counts)
  expect(failed).toEqual([])
})

test('the same seed gives the same world', async () => {
  const [once, twice] = [await simulate(7, { faults: true }), await simulate(7, { faults: true })]
  expect(once.trace).toBe(twice.trace)
})
