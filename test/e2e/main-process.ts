// The example server as `npm start` runs it, for tests that want to see it end by itself.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

/** Runs examples/main.ts to its end. */
export function runMain(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
  const main = ['--import', './scripts/require-node.js', 'examples/main.ts']
  const options = { cwd: root, env: { ...process.env, ...env }, encoding: 'utf8', timeout: 25_000 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [...main, ...args], options)
  return { code: status, out: stdout, error: stderr }
}

/** Runs with a folder of its own that is removed afterwards. */
export async function withDataDir<T>(act: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tenuto-e2e-'))
  try {
    return await act(dataDir)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
