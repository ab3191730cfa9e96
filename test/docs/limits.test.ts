// docs/limits.md says what src/workflow/limits.ts says, and the limits that refuse or cut something do so at their value.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { limits } from '../../src/workflow/limits.ts'
import { sourceFiles } from '../tidy/source-files.ts'
import { withoutComments } from './comments.ts'
import { probes } from './limit-probes.ts'
import { refusals } from './limit-refusals.ts'
import { rowsByName } from './markdown.ts'

const rows = rowsByName(readFileSync('docs/limits.md', 'utf8'))
const names = Object.keys(limits) as (keyof typeof limits)[]

describe('docs/limits.md', () => {
  test('has one row for each limit, and none besides', () => {
    expect([...rows.keys()].toSorted()).toEqual(names.toSorted())
  })

  test.each(names)('gives the value of %s, its unit, what happens above it, and why', (name) => {
    const [value = '', ...cells] = rows.get(name) ?? []
    expect(Number(value.replaceAll(',', ''))).toBe(limits[name])
    expect(cells.filter((cell) => cell !== '')).toHaveLength(3)
  })

  test.each(refusals)('names $code as what happens above $name', ({ name, code }) => {
    expect(rows.get(name)?.[2]).toContain(code)
  })
})

describe('src', () => {
  test.each(names)('keeps to %s somewhere', (name) => {
    const used = new RegExp(String.raw`\blimits\.${name}\b`)
    expect(sourceFiles('src').some(({ text }) => used.test(withoutComments(text)))).toBe(true)
  })

  test.each(probes)('$title', async ({ run, expected }) => {
    expect(await run()).toBe(expected)
  })
})
