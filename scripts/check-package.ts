// Installs what `npm pack` makes into an empty project, imports, requires and type-checks every sub-path, and runs the command.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, { readonly types: string }>>
  readonly typesVersions: { readonly '*': Readonly<Record<string, readonly string[]>> }
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const { name, exports, typesVersions, devDependencies, peerDependencies } = JSON.parse(
  readFileSync('package.json', 'utf8'),
) as Manifest
const specifiers = Object.keys(exports).map((subPath) => join(name, subPath))
const project = mkdtempSync(join(tmpdir(), `${name}-package-`))

try {
  const tarball = pack()
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  )
  // Optional ones: some sub-paths need them, and no other may.
  const peers = Object.keys(peerDependencies).map((peer) => `${peer}@${devDependencies[peer]}`)
  const needsPeers = (specifier: string): boolean => specifier === join(name, 'aws/s3')
  install(tarball)
  for (const specifier of specifiers) if (!needsPeers(specifier)) importAtRuntime(specifier)
  install(...peers)
  for (const specifier of specifiers) importAtRuntime(specifier)
  requireAtRuntime()
  checkTypes()
  checkTypesVersions()
  run(join('node_modules', '.bin', name), '--help')
  console.log(
    `${name}: ${specifiers.length} sub-paths import, load by require and type-check, the command runs`,
  )
} finally {
  rmSync(project, { recursive: true, force: true })
}

function install(...packages: readonly string[]): void {
  run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages)
}

/** @returns the tarball, once it holds nothing that a user has no use for. */
function pack(): string {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', project], { encoding: 'utf8' })
  const [packed] = JSON.parse(output) as [{ filename: string; size: number; files: { path: string }[] }]
  const stray = packed.files.map(({ path }) => path).filter((path) => !expected(path))
  if (stray.length > 0) throw new Error(`The package must not hold ${stray.join(', ')}`)
  console.log(`${packed.filename}: ${packed.files.length} files, ${Math.ceil(packed.size / 1024)} KB`)
  return join(project, packed.filename)
}

function expected(path: string): boolean {
  return /^(?:dist\/.+\.(?:js|d\.ts|html)|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(path)
}

function importAtRuntime(specifier: string): void {
  const code = `console.log('${specifier}:', Object.keys(await import('${specifier}')).length, 'exports')`
  process.stdout.write(run(process.execPath, '--input-type=module', '--eval', code))
}

/** A program that is compiled to CommonJS, as Dapr's quickstarts are, loads the package by `require`. */
function requireAtRuntime(): void {
  const code = specifiers.map((specifier) => `require('${specifier}')`).join(';')
  run(process.execPath, '--input-type=commonjs', '--eval', code)
}

/** The same programs find their types without `exports`, which the compiler's older way of resolving does not read. */
function checkTypesVersions(): void {
  for (const [subPath, { types }] of Object.entries(exports)) {
    const [found] = subPath === '.' ? [types] : (typesVersions['*'][subPath.slice(2)] ?? [])
    if (found !== types) throw new Error(`typesVersions of package.json must have ${types} for ${subPath}`)
  }
}

/** Compiles a program that imports every sub-path, with the declarations checked too. */
function checkTypes(): void {
  const lines = specifiers.map((specifier, at) => `export * as part${at} from '${specifier}'`)
  writeFileSync(join(project, 'consumer.ts'), lines.join('\n'))
  const typeRoots = resolve('node_modules/@types')
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024']
  run(
    resolve('node_modules/.bin/tsc'),
    ...options,
    '--typeRoots',
    typeRoots,
    '--types',
    'node',
    'consumer.ts',
  )
}

/** Runs a command in the new project. @throws with its whole output when it fails. */
function run(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { cwd: project, encoding: 'utf8' })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${[command, ...args].join(' ')} failed\n${stdout}${stderr}`, { cause: error })
  }
}
