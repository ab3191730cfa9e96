// `npm run bench` as a person meets it: what it prints, that its results are right, and that its exit code tells when a required
// property does not hold. How fast anything is, is not asserted.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { figureOf, letters, median, type Sample, sampleOf } from '../../scripts/bench/figures.ts'
import { growthCheck } from '../../scripts/bench/long-chain.ts'
import type { Report } from '../../scripts/bench/report.ts'
import { quickSizes } from '../../scripts/bench/sizes.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const timeout = 60_000

/** Preloaded into the benchmark, each breaks the store in memory. */
const faults = {
  age: new URL('./faults/age.ts', import.meta.url),
  wrongResult: new URL('./faults/wrong-result.ts', import.meta.url),
}

function bench(args: readonly string[], fault?: URL) {
  const preload = fault === undefined ? [] : ['--import', fault.href]
  const command = ['--import', './scripts/require-node.js', ...preload, 'scripts/bench/main.ts', ...args]
  const options = { cwd: root, encoding: 'utf8', timeout } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, command, options)
  return { code: status, out: stdout, error: stderr }
}

function report(args: readonly string[], fault?: URL): Report & { readonly code: number | null } {
  const { code, out, error } = bench([...args, '--quick', '--json'], fault)
  expect(error).toBe('')
  return { ...(JSON.parse(out) as Report), code }
}

describe('--quick --json', () => {
  let all: ReturnType<typeof report>
  let before: readonly string[]

  beforeAll(() => {
    before = leftovers()
    all = report([])
  }, timeout)

  test('says what was measured where, and what its words mean', () => {
    expect(all.tenuto).toMatch(/^\d/)
    expect(all.node).toBe(process.version)
    expect(all.date).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(all.machine).toContain(process.platform)
    expect(all.sizes).toEqual(quickSizes)
    expect(Object.keys(all.notes)).toEqual(['memory', 'sqlite', 'engine', 'floor', 'in parentheses'])
  })

  test('gives every figure on every backend', () => {
    const kinds = new Set(all.figures.map(({ letter, place, unit }) => `${letter} ${place} ${unit}`))
    expect([...kinds].toSorted()).toEqual([
      'a memory ms',
      'a sqlite ms',
      'b memory steps/s',
      'b sqlite steps/s',
      'c memory ms',
      'c sqlite ms',
      'd memory ms/step',
      'd memory ratio',
      'd sqlite ms/step',
      'd sqlite ratio',
      'e engine events/s',
      'f memory heap B/instance',
      'f sqlite B/instance',
      'f sqlite heap B/instance',
      'g sqlite commits/step',
    ])
  })

  test('every figure has the spread of its rounds, and all but ratios and the heap of SQLite a floor', () => {
    const samples = all.figures.flatMap(({ engine, floor }) => (floor ? [engine, floor] : [engine]))
    for (const sample of samples) expect(sample).toSatisfy(isOrdered)
    const bare = all.figures.filter(({ floor }) => floor === undefined)
    expect(new Set(bare.map(({ place, unit }) => `${place} ${unit}`))).toEqual(
      new Set(['memory ratio', 'sqlite ratio', 'sqlite heap B/instance']),
    )
  })

  test('every result is right, and the exit code is 0 exactly when all checks hold', () => {
    const { checks, holds, code } = all
    const right = checks.filter(({ required }) => required === 'right')
    expect(right.map(({ letter, place }) => `${letter} ${place}`)).toEqual([
      'e engine',
      ...['a', 'b', 'c', 'd', 'f'].flatMap((letter) => [`${letter} memory`, `${letter} sqlite`]),
    ])
    expect(right.filter((check) => !check.holds)).toEqual([])
    // Growth is a matter of time, and this machine may be busy: it may fail here, but not unnoticed.
    expect(checks.length - right.length).toBe(2)
    expect(holds).toBe(checks.every((check) => check.holds))
    expect(code).toBe(holds ? 0 : 1)
  })

  test('a step is committed by itself when it is alone, and with others when they come together', () => {
    const [alone, together] = all.figures.filter(({ letter }) => letter === 'g')
    expect(alone?.engine.min).toBeGreaterThanOrEqual(1.1)
    expect(alone?.floor?.median).toBeCloseTo(1.2)
    expect(together?.engine.max).toBeLessThan(1)
  })

  test('leaves no folder behind', () => {
    expect(leftovers()).toEqual(before)
  })
})

describe('the exit code', { timeout }, () => {
  test('is 1 when a step grows dearer with the age of its workflow', () => {
    const { code, checks, holds } = report(['--only', 'd'], faults.age)
    const growth = checks.find(({ place, required }) => place === 'memory' && required !== 'right')
    expect(growth).toMatchObject({ letter: 'd', required: 'at most 1.2', holds: false })
    expect({ code, holds }).toEqual({ code: 1, holds: false })
  })

  test('is 1 when a fan-out comes to a wrong sum, and the report says to which', () => {
    const { code, figures, checks } = report(['--only', 'c'], faults.wrongResult)
    const memory = checks.find(({ place }) => place === 'memory')
    expect(memory).toMatchObject({ property: 'the sum of every fan-out', holds: false })
    expect(memory?.actual).toMatch(/ended COMPLETED with 0; COMPLETED with \d+ was expected/)
    expect(figures.map(({ place }) => place)).toEqual(['sqlite'])
    expect(code).toBe(1)
  })

  test.each([
    [[1, 1.2, 9], true],
    [[1, 1.21, 9], false],
  ])('growths of %j in three rounds: the one in the middle counts', (growths, holds) => {
    expect(growthCheck('sqlite', 'chain', growths)).toMatchObject({ holds })
  })
})

describe('the command line', { timeout }, () => {
  test('--help names every flag and every letter', () => {
    const { code, out } = bench(['--help'])
    expect(code).toBe(0)
    for (const flag of ['--only', '--quick', '--json']) expect(out).toContain(` ${flag} `)
    for (const letter of letters) expect(out).toMatch(new RegExp(`^${letter}  \\w`, 'm'))
  })

  test('--only runs what it names; the table says what its words mean', () => {
    const { code, out } = bench(['--quick', '--only', 'e'])
    expect(code).toBe(0)
    expect(out).toMatch(/^floor: /m)
    expect(out.match(/^[a-g] /gm)).toEqual(['e ', 'e '])
    expect(out).toMatch(/^holds {2}e {2}engine/m)
  })

  test('a letter that is none is a mistake of usage: exit code 2', () => {
    const { code, out, error } = bench(['--only', 'a,x'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(error).toContain('npm run bench -- --help')
  })
})

describe('figures', () => {
  test('the median of an even number of rounds lies between the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(sampleOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, rounds: 3 })
    expect(() => sampleOf([])).toThrow(RangeError)
  })

  test('times the floor is above 1 where the floor is better, for times and for rates', () => {
    const subject = { letter: 'a', place: 'memory', name: '' } as const
    expect(figureOf({ ...subject, unit: 'ms' }, [6], [2]).timesFloor).toBe(3)
    expect(figureOf({ ...subject, unit: 'steps/s' }, [2], [6]).timesFloor).toBe(3)
  })
})

function isOrdered({ min, median: middle, max, rounds }: Sample): boolean {
  return min <= middle && middle <= max && rounds >= 1
}

function leftovers(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('tenuto-bench-'))
}
