// Every error code has its page: a heading in docs/errors.md, and no heading without a code.

import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const catalogue = new URL('../../src/workflow/error-catalogue.ts', import.meta.url)
const page = new URL('../../docs/errors.md', import.meta.url)

test('docs/errors.md has a heading for every error code, and none besides', async () => {
  if (!existsSync(catalogue) || !existsSync(page)) return // strict once both are written
  const { errorCatalogue } = (await import(catalogue.href)) as {
    errorCatalogue: Readonly<Record<string, unknown>>
  }
  const headings = [...readFileSync(page, 'utf8').matchAll(/^#+\s+`?([A-Z][A-Z0-9_]+)`?\s*$/gm)].map(
    ([, code]) => code,
  )
  expect(new Set(headings)).toEqual(new Set(Object.keys(errorCatalogue)))
})
