// The app of a module that the user names.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { App } from '../workflow/app.ts'
import type { Terminal } from './command.ts'
import { printable } from './terminal.ts'

/** The app that the module exports as `app` or as its default; undefined, and said why, when there is none. */
export async function loadApp(module: string, { error }: Terminal): Promise<App | undefined> {
  const path = resolve(module)
  if (!existsSync(path)) {
    error(`There is no module ${printable(path)}.`)
    return undefined
  }
  const exports = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  const app = [exports['app'], exports['default']].find(isApp)
  if (!app) {
    const names = Object.keys(exports).join(', ') || 'nothing'
    error(`${printable(path)} exports ${printable(names)}; an \`app\` made by defineApp was expected.`)
  }
  return app
}

/** By its shape: the module may have its own copy of the library. */
function isApp(value: unknown): value is App {
  if (typeof value !== 'object' || value === null) return false
  const { workflow, activity, workflowNames } = value as Partial<App>
  return typeof workflow === 'function' && typeof activity === 'function' && Array.isArray(workflowNames)
}
