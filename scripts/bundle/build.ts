// One ES module for each function, with everything in it but what Node brings.

import { globSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build, type BuildResult, type Plugin } from 'esbuild'
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

/**
 * Bundles every file of the folder `handlers` into `{outFolder}/{name}/index.mjs`, with a source map beside it.
 * @param app the module whose `app` the functions run. Default: the one that the handlers import
 */
export async function buildBundles(outFolder: string, app?: string): Promise<readonly Bundle[]> {
  rmSync(outFolder, { recursive: true, force: true })
  const names = globSync('handlers/*.ts').map((path) => basename(path, '.ts'))
  return Promise.all(names.toSorted().map(async (name) => buildBundle(name, outFolder, app)))
}

async function buildBundle(name: string, outFolder: string, app?: string): Promise<Bundle> {
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
    plugins: [builtinModules, lambdaCredentials, ...(app === undefined ? [] : [otherApp(app)])],
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

function otherApp(path: string): Plugin {
  return {
    name: 'other-app',
    setup(building) {
      building.onResolve({ filter: /examples\/app\.ts$/ }, () => ({ path: resolve(path) }))
    },
  }
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
