// `npm start` and `tenuto serve`: serves an app until the process is told to stop.

import { resolve } from 'node:path'
import { type Retention, retentionFrom } from '../runtime/retention.ts'
import type { App } from '../workflow/app.ts'
import { isTenutoError } from '../workflow/errors.ts'
import type { Logger } from '../workflow/logger.ts'
import { type Flags, type FlagValues, helpFlag, parsePort, UsageError } from './command-line.ts'
import { type Environment, type ExitCode, type Terminal, variable } from './command.ts'
import { createConsoleLogger, createJsonLogger, type LogLevel, logLevels } from './logger.ts'
import { type Server, startServer } from './server.ts'
import { printable } from './terminal.ts'
import { version } from './version.ts'

export const serveFlags = {
  port: {
    type: 'string',
    short: 'p',
    value: 'port',
    description: 'port, 0 for any free one (PORT; default 3500)',
  },
  host: { type: 'string', value: 'name', description: 'address to listen on (default 127.0.0.1)' },
  data: {
    type: 'string',
    short: 'd',
    value: 'folder',
    description: 'where everything is kept (TENUTO_DATA; default .tenuto)',
  },
  retention: {
    type: 'string',
    value: 'time',
    description: 'how long ended instances are kept, 30d or 12h (TENUTO_RETENTION; default: until purged)',
  },
  json: { type: 'boolean', description: 'log JSON lines' },
  'log-level': { type: 'string', value: 'level', description: `${logLevels.join(', ')} (default info)` },
  ...helpFlag,
} as const satisfies Flags

export interface ServeSettings {
  readonly port: number
  readonly hostname: string
  readonly dataDir: string
  /** Left out: for ever. */
  readonly retention?: Retention
  readonly json: boolean
  readonly level: LogLevel
}

/** @throws UsageError for an impossible port, log level or time of retention */
export function toServeSettings(flags: FlagValues<typeof serveFlags>, env: Environment): ServeSettings {
  const level = flags['log-level'] ?? 'info'
  if (!isLogLevel(level))
    throw new UsageError(`A log level is one of ${logLevels.join(', ')}, got '${level}'.`)
  const retention = flags.retention ?? variable(env, 'TENUTO_RETENTION')
  return {
    ...(retention !== undefined && { retention: toRetention(retention) }),
    port: parsePort(flags.port ?? variable(env, 'PORT') ?? '3500'),
    hostname: flags.host ?? '127.0.0.1',
    dataDir: resolve(flags.data ?? variable(env, 'TENUTO_DATA') ?? '.tenuto'),
    json: flags.json ?? false,
    level,
  }
}

/**
 * Serves the app until SIGINT or SIGTERM.
 * @param tryNext lines to show a person once it serves
 * @returns the exit code
 */
export async function serveApp(
  app: App,
  settings: ServeSettings,
  terminal: Terminal,
  tryNext: (url: string) => readonly string[] = () => [],
): Promise<ExitCode> {
  const { port, hostname, dataDir, json, level, retention } = settings
  const logger = json
    ? createJsonLogger({ level, write: terminal.out })
    : createConsoleLogger({ level, write: terminal.out })
  // Listened for from the start, so that a signal is never missed.
  const signal = nextSignal()
  let server: Server
  try {
    server = await startServer({ app, dataDir, port, hostname, logger, ...(retention && { retention }) })
  } catch (error) {
    const reason = describeStartError(error, settings)
    if (reason === undefined) throw error
    terminal.error(reason)
    return 1
  }
  announce(app, server, settings, logger, terminal)
  if (!json) for (const line of tryNext(server.url)) terminal.out(line)
  logger.info(`${await signal}: stopping; whatever is unfinished goes on at the next start`)
  await server.stop()
  endSoon()
  return 0
}

function announce(
  app: App,
  server: Server,
  settings: ServeSettings,
  logger: Logger,
  { out }: Terminal,
): void {
  const { url, unfinished, recovered } = server
  const { json, dataDir, hostname } = settings
  const { workflowNames, activityNames } = app
  if (json) {
    logger.info('Serving', {
      url,
      dataDir,
      workflows: workflowNames,
      activities: activityNames,
      unfinished,
      recovered,
    })
  } else {
    const found = `${unfinished === 0 ? 'no' : unfinished} unfinished ${unfinished === 1 ? 'instance' : 'instances'} found`
    const retried = recovered === 0 ? '' : `, ${recovered} of them stalled and tried again`
    out(`Tenuto ${version()} serves ${url}`)
    out(`  workflows   ${printable(workflowNames.join(', '))}`)
    out(`  activities  ${printable(activityNames.join(', '))}`)
    out(`  data        ${printable(dataDir)} (${found}${retried})`)
  }
  if (!isLoopback(hostname)) {
    logger.warn('Whoever can reach this address can start and stop workflows: there is no authentication', {
      hostname,
    })
  }
}

/** What is wrong and what to do; undefined for what nobody expected. */
function describeStartError(error: unknown, { port, hostname, dataDir }: ServeSettings): string | undefined {
  if (isTenutoError(error))
    return `${printable(error.message)} (${error.code}, ${printable(dataDir)})\n${error.remedy}`
  return describeListenError(error, port, hostname)
}

/** Why a port cannot be listened on, and what to do; undefined for what nobody expected. */
export function describeListenError(error: unknown, port: number, hostname: string): string | undefined {
  const host = printable(hostname)
  switch ((error as { code?: unknown } | undefined)?.code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use on ${host}.\nStop the other process, or choose another port: --port 0 for any free one.`
    case 'EACCES':
      return `Port ${port} may not be opened by this user.\nChoose one above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine.\nUse --host 127.0.0.1, or --host 0.0.0.0 for all addresses.`
    default:
      return undefined
  }
}

/** The first signal stops gracefully; a second one finds no handler and ends the process at once. */
export async function nextSignal(): Promise<NodeJS.Signals> {
  const signals = ['SIGINT', 'SIGTERM'] as const
  return new Promise((resolveSignal) => {
    function onSignal(signal: NodeJS.Signals): void {
      for (const each of signals) process.off(each, onSignal)
      resolveSignal(signal)
    }
    for (const each of signals) process.on(each, onSignal)
  })
}

/** All that matters is done, but an activity that heeds no signal would keep the process for as long as it likes. */
export function endSoon(): void {
  // oxlint-disable-next-line unicorn/no-process-exit -- what still runs then has been told to stop, and cannot change anything any more
  setTimeout(() => process.exit(), 1000).unref()
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

function toRetention(text: string): Retention {
  const retention = retentionFrom(text)
  if (retention) return retention
  throw new UsageError(
    `A time of retention is a number with its unit, such as 30d, 12h or 0s, got '${text}'.`,
  )
}

function isLogLevel(text: string): text is LogLevel {
  return (logLevels as readonly string[]).includes(text)
}
