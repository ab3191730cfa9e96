// docs/errors.md says of every code what is true: the messages on the page come from programs that run into the error.

import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { codesOf, type Examples, refresh, runExamples } from '../../scripts/docs/errors-page.ts'
import { scenarios } from '../../scripts/docs/examples/all.ts'
import { errorCatalogue } from '../../src/workflow/error-catalogue.ts'
import { sourceFiles } from '../tidy/source-files.ts'
import { withoutComments } from './comments.ts'

const page = readFileSync('docs/errors.md', 'utf8')
const catalogue = Object.entries<{ readonly http?: number }>(errorCatalogue)
const codes = catalogue.map(([code]) => code)

/** The text below each heading. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.split('\n', 1)[0] ?? '', text]),
)

const raised = codes.filter((code) => sourceFiles('src').some(({ path, text }) => raises(path, text, code)))

describe('the catalogue of errors', () => {
  test('every code is raised somewhere in src', () => {
    expect(codes.filter((code) => !raised.includes(code))).toEqual([])
  })

  test('every code that is raised has an example', () => {
    expect(raised.filter((code) => !Object.hasOwn(scenarios, code))).toEqual([])
  })
})

describe('docs/errors.md', () => {
  test('has one heading for each code, in the order of the catalogue, and none besides', () => {
    expect(codesOf(page)).toEqual(codes)
  })

  test('has the groups of the catalogue', () => {
    const source = readFileSync('src/workflow/error-catalogue.ts', 'utf8')
    const groups = groupsOf(source, /^ {2}\/\/ /m, /^ {2}([A-Z\d_]+): \{/gm)
    expect(groupsOf(page, /^# /m, /^## ([A-Z\d_]+)$/gm)).toEqual(groups)
  })

  test('says of every code where it shows and what to do', () => {
    const wrong = codes.filter((code) => {
      const labels = [...(sections.get(code) ?? '').matchAll(/^- \*\*(\w+):\*\* \S/gm)].map(
        ([, label]) => label,
      )
      return labels.join(' ').replace('HTTP ', '') !== 'Where Do'
    })
    expect(wrong).toEqual([])
  })

  test('names the HTTP answer for the codes that have a status, and for no others', () => {
    const named = codes.filter((code) => sections.get(code)?.includes('HTTP answer'))
    expect(named).toEqual(catalogue.filter(([, { http }]) => http !== undefined).map(([code]) => code))
  })
})

describe('the examples of docs/errors.md', () => {
  let examples: Examples = {}
  beforeAll(async () => {
    examples = await runExamples(scenarios)
  }, 60_000)

  test('each runs into the code that it stands for', () => {
    expect(Object.entries(examples).filter(([code, example]) => example.code !== code)).toEqual([])
  })

  test('each that comes over HTTP has the status of the catalogue', () => {
    const wrong = catalogue.filter(([code, { http }]) => {
      const { httpStatus = http } = examples[code] ?? {}
      return httpStatus !== http
    })
    expect(wrong).toEqual([])
  })

  test('are on the page with summary, message and status as they are now: node scripts/docs/main.ts', () => {
    expect(page).toBe(refresh(page, examples))
  })
})

/** Names the code other than in a comment, a type or a comparison. */
function raises(path: string, text: string, code: string): boolean {
  if (path === 'src/workflow/error-catalogue.ts') return false
  return withoutComments(text)
    .replaceAll(/[!=]== '\w+'|isTenutoError\(\w+, '\w+'\)|doneIfRetried: '\w+'/g, '')
    .includes(`'${code}'`)
}

/** The codes between one border and the next, where there are any. */
function groupsOf(text: string, border: RegExp, code: RegExp): readonly (readonly string[])[] {
  return text
    .split(border)
    .map((part) => [...part.matchAll(code)].map(([, found = '']) => found))
    .filter((group) => group.length > 0)
}
