// The deployment, packaged once for a whole test run of a worker, in a folder of its own: offline, without credentials.

import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Bundle, buildBundles } from '../../scripts/bundle/build.ts'
import type { Template } from '../../scripts/bundle/template.ts'

export interface Packaged {
  readonly folder: string
  readonly bundles: readonly Bundle[]
  readonly template: Template
}

const run = promisify(execFile)
let bundled: Promise<Omit<Packaged, 'template'>> | undefined
const packages = new Map<string, Promise<Packaged>>()

/** The bundles, in `bundles` of a folder that is gone after the tests. */
export async function bundledService(): Promise<Omit<Packaged, 'template'>> {
  bundled ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'deployment-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    return { folder, bundles: await buildBundles(join(folder, 'bundles')) }
  })()
  return bundled
}

/** @param options for osls */
export async function packagedService(...options: readonly string[]): Promise<Packaged> {
  const key = options.join(' ')
  const present = packages.get(key) ?? packageWith(options)
  packages.set(key, present)
  return present
}

async function packageWith(options: readonly string[]): Promise<Packaged> {
  const service = await bundledService()
  const { folder } = service
  for (const part of ['serverless.yml', 'infra']) cpSync(part, join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const output = `package-${packages.size}`
  const osls = resolve('node_modules/osls/bin/serverless.js')
  const args = [osls, 'package', '--package', output, ...options]
  await run(process.execPath, args, { cwd: folder, env: withoutCredentials(process.env) })
  const path = join(folder, output, 'cloudformation-template-update-stack.json')
  return { ...service, template: JSON.parse(readFileSync(path, 'utf8')) as Template }
}

/** Nothing that could reach AWS, or change what is packaged. */
function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^(?:AWS|SLS|SERVERLESS)_/.test(name))
  return { ...Object.fromEntries(kept), AWS_EC2_METADATA_DISABLED: 'true' }
}
