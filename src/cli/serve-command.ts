// `tenuto serve <app module>`: the dev server for any app.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { App } from '../workflow/app.ts'
import { parseCommandLine } from './command-line.ts'
import type { Command } from './command.ts'
import { serveApp, serveFlags, toServeSettings } from './serve.ts'
import { printable } from './terminal.ts'

const line = {
  usage: 'tenuto serve <app module>',
  summary: 'Serves the app that a module exports as `app` or as its default; TypeScript needs no build step.',
  flags: serveFlags,
} as const

export const serveCommand: Command = {
  ...line,
  async run(args, terminal) {
    const { flags, positionals } = parseCommandLine(line, args)
    const settings = toServeSettings(flags, terminal.env)
    const path = resolve(positionals[0] ?? '')
    if (!existsSync(path)) {
      terminal.error(`There is no module ${printable(path)}.`)
      return 1
    }
    const exports = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
    const app = [exports['app'], exports['default']].find(isApp)
    if (!app) {
      const names = Object.keys(exports).join(', ') || 'nothing'
      terminal.error(
        `${printable(path)} exports ${printable(names)}; an \`app\` made by defineApp was expected.`,
      )
      return 1
    }
    return serveApp(app, settings, terminal)
  },
}

/** By its shape: the module may have its own copy of the library. */
function isApp(value: unknown): value is App {
  if (typeof value !== 'object' || value === null) return false
  const { workflow, activity, workflowNames } = value as Partial<App>
  return typeof workflow === 'function' && typeof activity === 'function' && Array.isArray(workflowNames)
}
