// A process to be killed: the dev server with the app of the crash test. Started by targets.ts, with the flags of `tenuto serve`.

import { parseCommandLine } from '../../src/cli/command-line.ts'
import { processTerminal } from '../../src/cli/command.ts'
import { serveApp, serveFlags, toServeSettings } from '../../src/cli/serve.ts'
import { app } from './load-app.ts'

const line = { usage: 'serve-local', summary: '', flags: serveFlags }
const { flags } = parseCommandLine(line, process.argv.slice(2))
process.exitCode = await serveApp(app, toServeSettings(flags, process.env), processTerminal())
