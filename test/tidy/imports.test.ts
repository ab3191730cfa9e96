// Imports point one way, and the pure layers reach neither the machine nor a package.

import { expect, test } from 'vitest'
import { importsOf, sourceFiles, type SourceFile } from './source-files.ts'

const core = ['workflow', 'engine', 'runtime']
const adapters = ['aws', 'local', 'testing']

/** What the files of a folder of src may import besides their own folder: another folder, or one file of it. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  workflow: [],
  engine: ['workflow'],
  runtime: ['workflow', 'engine'],
  aws: core,
  local: core,
  testing: [...core, 'client'],
  lint: [],
  http: [...core, ...adapters],
  client: [...core, 'aws', 'local', 'http/wire.ts'],
  dapr: [...core, 'local', 'client'],
  'stand-ins': [...core, 'testing'],
  dashboard: ['http/wire.ts'],
  cli: [...core, ...adapters, 'http', 'client', 'dashboard', 'index.ts'],
  'index.ts': [...core, ...adapters, 'http', 'client'],
}

/** Folders that compute and do nothing else, and the built-in modules that do no I/O. */
const pureFolders = new Set(['workflow', 'engine'])
const pureModules = new Set(['node:async_hooks', 'node:crypto', 'node:process'])

/** The window binds the named export `randomUUID` of node:crypto, which takes a function of node:module. */
const pureExceptions = new Set(['src/engine/window-globals.ts imports node:module'])

const files = sourceFiles('src')

test('every folder of src has a row in the table of allowed imports', () => {
  const unknown = files.map(areaOf).filter((area) => !Object.hasOwn(allowedImports, area))
  expect([...new Set(unknown)]).toEqual([])
})

test('imports point one way', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('src/') && !mayImport(areaOf(file), target.slice('src/'.length)))
      .map((target) => `${file.path} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('relative imports of src stay inside src', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => /^(?!src\/)[^:]*\.[jt]s$/.test(target))
      .map((target) => `${file.path} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('handlers import the app and what users import too', () => {
  const wrong = sourceFiles('handlers').flatMap((file) =>
    importsOf(file)
      .filter((target) => !['examples/app.ts', 'src/aws/index.ts', 'src/http/lambda.ts'].includes(target))
      .map((target) => `${file.path} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('workflow/ and engine/ import no package and no module that does I/O', () => {
  const wrong = files
    .filter((file) => pureFolders.has(areaOf(file)))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => !target.startsWith('src/') && !pureModules.has(target))
        .map((target) => `${file.path} imports ${target}`),
    )
    .filter((line) => !pureExceptions.has(line))
  expect(wrong).toEqual([])
})

/** The folder of src a file belongs to, or its name when it lies in src itself. */
function areaOf({ path }: SourceFile): string {
  return path.split('/')[1] ?? path
}

function mayImport(area: string, target: string): boolean {
  return [area, ...(allowedImports[area] ?? [])].some(
    (allowed) => target === allowed || target.startsWith(`${allowed}/`),
  )
}
