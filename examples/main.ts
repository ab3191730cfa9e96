// `npm start`: the example app on the dev server. `npm start -- --demo`: the tour.

import { helpFlag, helpText, parseCommandLine, UsageError } from '../src/cli/command-line.ts'
import { processTerminal } from '../src/cli/command.ts'
import { serveApp, serveFlags, toServeSettings } from '../src/cli/serve.ts'
import { app } from './app.ts'
import { ServerStartError } from './demo/server-process.ts'

const commandLine = {
  usage: 'npm start --',
  summary: 'Serves the seven example workflows on this machine; everything is kept in the data folder.',
  flags: {
    ...serveFlags,
    demo: { type: 'boolean', description: 'run all examples, crash in the middle, check every result' },
    ...helpFlag,
  },
} as const

/** What to type next. */
function tryNext(url: string): readonly string[] {
  const workflows = `${url}/v1.0-beta1/workflows/dapr`
  const post = (path: string, body: string) => `  curl -X POST '${workflows}/${path}' -d '${body}'`
  return [
    '',
    'Try, in another terminal:',
    post(
      'OrderProcessingWorkflow/start?instanceID=12345678',
      '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}',
    ),
    `  curl '${workflows}/12345678'`,
    post('purchaseOrder/start?instanceID=laptop', '{"cost":1500,"product":"Laptop","quantity":1}'),
    post('laptop/raiseEvent/approval_received', '{"approver":"Jane Doe"}'),
    `  curl '${workflows}/laptop'`,
    post('tripBooking/start?instanceID=lisbon', '{"city":"Lisbon","nights":3,"cardLimit":500}'),
    post('batchProcessing/start?instanceID=batch', '{"size":100,"maxParallel":10}'),
    '',
    'Ctrl+C stops the server, kill -9 too: what is unfinished goes on at the next start.',
    '',
  ]
}

async function main(): Promise<number> {
  const terminal = processTerminal()
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    terminal.out(helpText(commandLine))
    return 0
  }
  const settings = toServeSettings(flags, process.env)
  if (!flags.demo) return serveApp(app, settings, terminal, tryNext)
  const { runDemo } = await import('./demo.ts')
  const port = flags.port === undefined ? 0 : settings.port
  const right = await runDemo(
    { dataDir: flags.data === undefined ? undefined : settings.dataDir, port },
    terminal.out,
  )
  return right ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\nTry: npm start -- --help`)
    process.exitCode = 2
  } else if (error instanceof ServerStartError) {
    console.error(error.message)
    process.exitCode = 1
  } else throw error
}
