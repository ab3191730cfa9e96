// One ES module for each function, with everything in it but what Node brings.

import { globSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, type BuildResult } from 'esbuild'
import { builtinModules } from './builtin-modules.ts'
import { lambdaCredentials } from './lambda-credentials.ts'

export interface Bundle {
  /** Of the function. */
  readonly name: string
  readonly path: string
  readonly bytes: number
  /** Bytes by package, our own sources under `tenuto`. */
  readonly parts: ReadonlyMap<string, number>
}

/** Bundles every file of the folder `handlers` into `{outFolder}/{name}/index.mjs`, with a source map beside it. */
export async function buildBundles(outFolder: string): Promise<readonly Bundle[]> {
  rmSync(outFolder, { recursive: true, force: true })
  const names = globSync('handlers/*.ts').map((path) => basename(path, '.ts'))
  return Promise.all(names.toSorted().map(async (name) => buildBundle(name, outFolder)))
}

async function buildBundle(name: string, outFolder: string): Promise<Bundle> {
  const path = join(outFolder, name, 'index.mjs')
  const { metafile } = await build({
    entryPoints: [join('handlers', `${name}.ts`)],
    outfile: path,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    conditions: ['import', 'module'],
    plugins: [builtinModules, lambdaCredentials],
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'warning',
    metafile: true,
  })
  return { name, path, ...sizesIn(metafile) }
}

function sizesIn({ outputs }: NonNullable<BuildResult['metafile']>): Pick<Bundle, 'bytes' | 'parts'> {
  const [, output] = Object.entries(outputs).find(([path]) => path.endsWith('.mjs')) ?? []
  const parts = new Map<string, number>()
  for (const [path, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'tenuto'
    parts.set(name, (parts.get(name) ?? 0) + bytesInOutput)
  }
  return { bytes: output?.bytes ?? 0, parts }
}
