// docs/dependencies.md lists what package.json lists, in the same order, with a reason for each.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rowsByName } from './markdown.ts'

type Versions = Readonly<Record<string, string>>
interface Manifest {
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly optionalDependencies?: Versions
}

const [, ...sections] = readFileSync('docs/dependencies.md', 'utf8').split(/^## /m)
const project = manifest('package.json')
const binaries = manifest('scripts/binaries/package.json')

test.each([
  ['What users get', project.dependencies],
  ['What development needs', project.devDependencies],
  ['Programs', binaries.optionalDependencies],
])('"%s" lists every package with its version, and none besides', (title, versions = {}) => {
  const rows = rowsByName(sections.find((section) => section.startsWith(`${title}\n`)) ?? '')
  expect([...rows].map(([name, [version]]) => [name, version])).toEqual(Object.entries(versions))
})

test('no package comes from anywhere else', () => {
  expect(Object.keys(project).filter((key) => /dependencies/i.test(key))).toEqual([
    'dependencies',
    'devDependencies',
  ])
  expect(Object.keys(binaries).filter((key) => /dependencies/i.test(key))).toEqual(['optionalDependencies'])
})

test('every package has a reason, an alternative and a size', () => {
  const rows = sections.flatMap((section) => [...rowsByName(section)])
  expect(rows.filter(([, cells]) => cells.length !== 4 || cells.includes(''))).toEqual([])
})

test('every version is exact', () => {
  const versions = [project.dependencies, project.devDependencies, binaries.optionalDependencies]
  const inexact = versions
    .flatMap((each) => Object.values(each ?? {}))
    .filter((text) => !/^\d+\.\d+\.\d+$/.test(text))
  expect(inexact).toEqual([])
})

function manifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
}
