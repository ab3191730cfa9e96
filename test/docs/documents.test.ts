// What the documents name exists: files, headings, scripts, limits, error codes.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ErrorCode, errorCatalogue } from '../../src/workflow/error-catalogue.ts'
import { limits } from '../../src/workflow/limits.ts'
import { headingsOf, linksOf, tableRows, withoutExamples } from './markdown.ts'

const documents = globSync(['*.md', 'docs/**/*.md'])
  .map((path) => path.replaceAll('\\', '/'))
  .toSorted()
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Readonly<Record<string, string>>
}

/** Folders of the repository that are there to be named; `src` may be left out. */
const namedPath =
  /(?<![\w./@:$-])(?:(?:src|docs|test|examples|scripts|handlers|infra)\/[\w./*{},-]*|[\w-]+\/[\w./*-]+\.(?:ts|js|mjs|md|json|jsonc|yml)\b)/g

/** Codes whose first word is ours alone; those of Node, SQLite and AWS begin otherwise. */
const namedCode = /`((?:ERR|PAYLOAD|STORAGE|INVALID|TASK|ACTIVITY|CALL)_[A-Z_]+)`/g

describe.each(documents)('%s', (path) => {
  const markdown = readFileSync(path, 'utf8')
  const prose = withoutExamples(markdown)

  test('links to files and headings that exist', () => {
    const broken = linksOf(prose).filter((target) => {
      const [file = '', heading] = target.split('#')
      const linked = file === '' ? path : posix.join(posix.dirname(path), file)
      if (!existsSync(linked)) return true
      return heading !== undefined && !headingsOf(readFileSync(linked, 'utf8')).includes(heading)
    })
    expect(broken).toEqual([])
  })

  test('names paths that exist', () => {
    const named = [...prose.matchAll(namedPath)].map(([found]) => found.replace(/[.,]+$/, ''))
    expect(named.filter((each) => !exists(each) && !exists(`src/${each}`))).toEqual([])
  })

  test('names scripts of package.json', () => {
    const named = [...markdown.matchAll(/\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(start|test)\b)/g)]
    const missing = named
      .map(([, script = '', other = '']) => script || other)
      .filter((name) => !Object.hasOwn(scripts, name))
    expect(missing).toEqual([])
  })

  test('names limits that exist', () => {
    const named = [...markdown.matchAll(/\blimits\.(?!ts\b|md\b)(\w+)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !Object.hasOwn(limits, name))).toEqual([])
  })

  test('names error codes of the catalogue', () => {
    const named = [...prose.matchAll(namedCode)].map(([, code = '']) => code)
    expect(named.filter((code) => !isErrorCode(code))).toEqual([])
  })

  test('gives a code the status of the catalogue', () => {
    const inText = [...prose.matchAll(/`([A-Z_]+)`(?:,? \(?)(\d{3})\b/g)].map(([, code = '', status]) => [
      code,
      status,
    ])
    // The column of Tenuto in a table that compares: `409 \`CODE\``.
    const inTables = tableRows(prose).flatMap(([, , own = '']) =>
      [...own.matchAll(/^(\d{3}) `([A-Z_]+)`/g)].map(([, status, code = '']) => [code, status]),
    )
    const wrong = [...inText, ...inTables].filter(
      ([code = '', status]) => isErrorCode(code) && statusOf(code) !== Number(status),
    )
    expect(wrong).toEqual([])
  })
})

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCatalogue, text)
}

function statusOf(code: ErrorCode): number | undefined {
  const { http }: { http?: number } = errorCatalogue[code]
  return http
}

function exists(path: string): boolean {
  return existsSync(path) || globSync(path).length > 0
}
