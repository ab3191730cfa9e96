// What it costs a new process to import a module: CPU time beyond that of a process that imports nothing, the median of several.

import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const runs = 7

export interface ImportCost {
  readonly cpuMs: number
}

/** @param env what the module wants to find in its environment */
export function importCost(path: string, env: Readonly<Record<string, string>>): ImportCost {
  const url = pathToFileURL(resolve(path)).href
  const code = `
    const before = process.cpuUsage()
    await import(${JSON.stringify(url)})
    const { user, system } = process.cpuUsage(before)
    console.log((user + system) / 1000)`
  const samples = Array.from({ length: runs }, () => {
    const args = ['--input-type=module', '--eval', code]
    return Number(execFileSync(process.execPath, args, { env: { ...process.env, ...env }, encoding: 'utf8' }))
  })
  return { cpuMs: samples.toSorted((a, b) => a - b)[runs >> 1] ?? 0 }
}
