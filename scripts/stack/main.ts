// `npm run start:aws`: packages the deployment, and runs what was packaged on this machine: the template's queues, table and topics, the
// bundles as processes, the HTTP API on a port.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stop } from 'esbuild'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { type ExitCode, processTerminal, type Terminal } from '../../src/cli/command.ts'
import { createConsoleLogger, createJsonLogger } from '../../src/cli/logger.ts'
import { describeListenError, endSoon, nextSignal } from '../../src/cli/serve.ts'
import type { HttpHandler } from '../../src/http/api.ts'
import { serve } from '../../src/http/server.ts'
import { buildBundles } from '../bundle/build.ts'
import { announce } from './announce.ts'
import { noDynoxide } from './dynoxide.ts'
import { showLine, toJsonLine } from './function-lines.ts'
import { packageStack, type PackagedStack } from './package-stack.ts'
import { startFlags, type StartSettings, toStartSettings } from './settings.ts'
import { deployStack } from './stack.ts'
import { StartError } from './start-error.ts'

const commandLine = {
  usage: 'npm run start:aws --',
  summary: 'Runs the packaged deployment on this machine, with nothing of AWS. Nothing is kept when it ends.',
  flags: { ...startFlags, ...helpFlag },
  notes: [
    'AWS_ENDPOINT_URL_DYNAMODB leads to a DynamoDB elsewhere; AWS_ENDPOINT_URL_SQS, _SNS and _SCHEDULER',
    'together to queues, topics and schedules elsewhere. What is missing there is created, with AWS_REGION,',
    'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; whatever they keep is found again at the next start.',
  ],
} as const

async function main(): Promise<ExitCode> {
  const terminal = processTerminal()
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    terminal.out(helpText(commandLine))
    return 0
  }
  const settings = toStartSettings(flags, process.env)
  if (noDynoxide && settings.elsewhere?.endpoints.dynamodb === undefined) {
    throw new StartError(
      `There is no DynamoDB: ${noDynoxide}.\nStart another one, such as DynamoDB Local, and set AWS_ENDPOINT_URL_DYNAMODB to its address.`,
    )
  }
  let isToldToEnd = false
  const signal = nextSignal().finally(() => (isToldToEnd = true))
  const folder = mkdtempSync(join(tmpdir(), 'tenuto-aws-'))
  try {
    return await run(settings, folder, terminal, signal)
  } catch (error) {
    // Ctrl+C reaches what packages, too.
    if (isToldToEnd) return 0
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The port first: without it there is no use in packaging. */
async function run(
  settings: StartSettings,
  folder: string,
  terminal: Terminal,
  signal: Promise<NodeJS.Signals>,
): Promise<ExitCode> {
  const { json, port, servicesPort } = settings
  const logger = (json ? createJsonLogger : createConsoleLogger)({ write: terminal.out })
  let api: HttpHandler = async () => new Response('{"message":"Service Unavailable"}', { status: 503 })
  const closing: (() => Promise<void>)[] = []
  try {
    const options = { port, closeTimeoutMs: 1_000, logger }
    const server = await listening(
      port,
      serve(async (request) => api(request), options),
    )
    closing.push(async () => server.close())
    const packaging = packageInto(folder, json ? () => {} : terminal.out)
    const packaged = await Promise.race([packaging, signal])
    if (typeof packaged === 'string') return 0
    const { elsewhere, containers } = settings
    const deploying = deployStack({
      ...packaged,
      folder,
      port: servicesPort,
      ...(elsewhere && { elsewhere }),
      ...(containers !== undefined && { containers }),
      logger,
      onLine: (name, line) => (json ? terminal.out(toJsonLine(name, line)) : showLine(logger, name, line)),
    })
    const stack = await listening(servicesPort, deploying, '--services-port')
    closing.push(async () => stack.close())
    api = stack.api
    announce({ stack, settings, url: server.url, logger, out: terminal.out })
    const reason = await Promise.race([signal, stack.cloud.lost])
    const isToldTo = reason.startsWith('SIG')
    logger[isToldTo ? 'info' : 'error'](`${reason}: stopping`)
    return isToldTo ? 0 : 1
  } finally {
    for (const close of closing) await close()
  }
}

/**
 * @param flag that another port can be chosen by
 * @throws StartError when the port cannot be had
 */
async function listening<T>(port: number, promise: Promise<T>, flag = '--port'): Promise<T> {
  try {
    return await promise
  } catch (error) {
    const reason = describeListenError(error, port, '127.0.0.1')
    throw reason === undefined ? error : new StartError(reason.replaceAll('--port', flag), { cause: error })
  }
}

async function packageInto(folder: string, say: (line: string) => void): Promise<PackagedStack> {
  const startedAt = performance.now()
  const after = (): string => `after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  say('Bundling the functions …')
  const bundles = await buildBundles(join(folder, 'bundles'))
  // Its process would stay, with hundreds of megabytes.
  await stop()
  say(`${bundles.length} bundles ${after()}; packaging the template, offline …`)
  const packaged = await packageStack(folder, 'package')
  const count = Object.keys(packaged.template.Resources).length
  say(`${count} resources ${after()}; starting ${packaged.stackName} …`)
  return packaged
}

try {
  process.exitCode = await main()
  endSoon()
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\nTry: npm run start:aws -- --help`)
    process.exitCode = 2
  } else if (error instanceof StartError) {
    console.error(error.message)
    process.exitCode = 1
  } else throw error
}
