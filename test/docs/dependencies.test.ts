// docs/dependencies.md lists what package.json lists, in the same order, with a reason for each.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rowsByName } from './markdown.ts'

type Versions = Readonly<Record<string, string>>
interface Manifest {
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly optionalDependencies?: Versions
  readonly peerDependencies?: Versions
  readonly peerDependenciesMeta?: Readonly<Record<string, unknown>>
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
    'peerDependencies',
    'peerDependenciesMeta',
  ])
  expect(Object.keys(binaries).filter((key) => /dependencies/i.test(key))).toEqual(['optionalDependencies'])
})

test('what a user brings along is optional, tested with, and said', () => {
  const { peerDependencies = {}, peerDependenciesMeta = {}, devDependencies = {} } = project
  const names = Object.keys(peerDependencies)
  expect(Object.keys(peerDependenciesMeta)).toEqual(names)
  for (const name of names) {
    expect(peerDependenciesMeta[name]).toEqual({ optional: true })
    expect(devDependencies).toHaveProperty([name])
    expect(sections.find((section) => section.startsWith('What users get\n'))).toContain(`\`${name}\``)
  }
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
