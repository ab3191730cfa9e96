// What a step costs, held against its budget: all that `npm run budget` prints.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryMb } from '../../scripts/budget/assumptions.ts'
import { othersTable, ownCodeRow, rowsOf, tableIn } from '../../scripts/budget/page.ts'
import { type Result, resultOf } from '../../scripts/budget/result.ts'
import { run, type Run } from '../../scripts/budget/run.ts'
import { scenarios } from '../../scripts/budget/scenarios.ts'
import { type Dynoxide, startDynoxide } from '../../scripts/stack/dynoxide.ts'
import { describeOnDynoxide } from '../support/dynoxide.ts'

const page = readFileSync('docs/costs.md', 'utf8')

/** What Dapr counts of the same, in rows. */
const cases: Readonly<Record<string, string>> = {
  start: ' (Dapr: records/activity0)',
  'chain-10': ' (Dapr: records/activity1)',
  'chain-100': ' (Dapr: records/activity2)',
  event: ' (Dapr: records/raise1, records/raise2)',
  child: ' (Dapr: records/subworkflow1, records/subworkflow2)',
  timer: ' (Dapr: records/timer1, records/timer2)',
}

describeOnDynoxide('the cost of a step', () => {
  let dynoxide: Dynoxide
  beforeAll(async () => {
    dynoxide = await startDynoxide()
  })
  afterAll(async () => dynoxide.close())

  test.each(scenarios.map((scenario) => [titleOf(scenario.id), scenario] as const))(
    '%s',
    { timeout: 120_000 },
    async (_title, scenario) => {
      const result = resultOf(await run(dynoxide, scenario))
      expect(result.checks.filter(({ holds }) => !holds)).toEqual([])
      const written = tableIn(page, 'steps')
      expect(written, 'npm run budget -- --write').toEqual(expect.arrayContaining([...rowsOf(result)]))
    },
  )

  test('a step after the loss of the container reads more, once', async () => {
    const result = await resultFor('cold-chain-100')
    expect(result.cold?.readUnits).toBeGreaterThan(result.counts.readUnits)
    expect(result.cold?.puts).toBe(result.counts.puts)
  })

  test('two runs count the same, however many functions are at work at once', async () => {
    const counted = async (): Promise<Run['entries']> => {
      const { entries } = await run(dynoxide, scenarioOf('scattered-fan-out-100'))
      return entries
    }
    expect(await counted()).toEqual(await counted())
  })

  async function resultFor(id: string): Promise<Result> {
    return resultOf(await run(dynoxide, scenarioOf(id)))
  }
})

/** Made here: what Vitest puts in for a `$name` it cuts after forty characters, and with them cases. */
function titleOf(id: string): string {
  return `${id} keeps within its budget, and is what the document says${cases[id] ?? ''}`
}

function scenarioOf(id: string) {
  const scenario = scenarios.find((each) => each.id === id)
  if (!scenario) throw new Error(`There is no scenario ${id}.`)
  return scenario
}

describe('a result', () => {
  const scenario = { ...scenarioOf('chain-10'), steps: 2 }
  const put = { what: 'PutItem', counts: { puts: 1, writeUnits: 1 } }
  const base: Run = {
    scenario,
    entries: [],
    steps: [[put], [put], [put]],
    episodes: 3,
    logLines: 0,
    containers: 1,
    storedBytes: 0,
  }
  const broken = (more: Partial<Run>) =>
    resultOf({ ...base, ...more })
      .checks.filter(({ holds }) => !holds)
      .map(({ property }) => property)

  test('holds when nothing is above its limit', () => {
    expect(broken({})).toEqual([])
  })

  test('does not hold when a step makes one request too many', () => {
    expect(broken({ steps: [[put], [put], [put, put]] })).toEqual([
      'puts',
      'writeUnits',
      'steps that differ from the second',
    ])
  })

  test('does not hold when a later step is larger than an earlier one', () => {
    const large = { what: 'PutItem', counts: { puts: 1, writeUnits: 2 } }
    expect(broken({ steps: [[put], [put], [large]] })).toContain('steps that differ from the second')
  })

  test('leaves the first step out, and the one after a loss', () => {
    const steps = [[put, put], [put], [put, put], [put]]
    expect(broken({ steps, scenario: { ...scenario, losesMemoryAfter: 2 } })).toEqual([])
  })

  test('does not hold when a line is logged', () => {
    expect(broken({ logLines: 1 })).toEqual(['lines in the log'])
  })
})

test('the document has a row for each scenario and the prices of others, and no more', () => {
  const rows = tableIn(page, 'steps').slice(2)
  const steps = rows.map((row) => row.split(' | ')[0]?.replace('| ', ''))
  expect(steps.filter((step) => !step?.startsWith('…')).slice(0, -1)).toEqual(
    scenarios.map(({ step }) => step),
  )
  expect(rows.at(-1)).toBe(ownCodeRow())
  expect(tableIn(page, 'others')).toEqual(othersTable())
})

test('functions are billed for the memory that they are deployed with', () => {
  const service = readFileSync('serverless.yml', 'utf8')
  const [, common] = /^provider:\n(?: {2}.*\n)*? {2}memorySize: (\d+)$/m.exec(service) ?? []
  const functions = service.slice(service.indexOf('\nfunctions:'))
  const deployed = Object.keys(memoryMb).map((name) => {
    const [own = ''] = new RegExp(`^ {2}${name}:\\n(?: {4}.*\\n)+`, 'm').exec(functions) ?? []
    return [name, own === '' ? undefined : Number(/memorySize: (\d+)/.exec(own)?.[1] ?? common)]
  })
  expect(Object.fromEntries(deployed)).toEqual(memoryMb)
})
