// `tenuto serve <app module>`: the dev server for any app.

import { parseCommandLine } from './command-line.ts'
import type { Command } from './command.ts'
import { loadApp } from './load-app.ts'
import { serveApp, serveFlags, toServeSettings } from './serve.ts'

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
    const app = await loadApp(positionals[0] ?? '', terminal)
    return app ? serveApp(app, settings, terminal) : 1
  },
}
