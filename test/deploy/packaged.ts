// The deployment, packaged once for a whole test run of a worker, in a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bundle, buildBundles } from '../../scripts/bundle/build.ts'
import { packageStack, type PackagedStack } from '../../scripts/stack/package-stack.ts'

interface Bundled {
  readonly folder: string
  readonly bundles: readonly Bundle[]
}

export type Packaged = Bundled & PackagedStack

let bundled: Promise<Bundled> | undefined
const packages = new Map<string, Promise<Packaged>>()

/** The bundles, in `bundles` of a folder that is gone after the tests. */
export async function bundledService(): Promise<Bundled> {
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
  return { ...service, ...(await packageStack(service.folder, `package-${packages.size}`, options)) }
}
