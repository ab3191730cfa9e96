// Two loggers for a process that a person or a log collector watches: lines to read, and lines of JSON.

import type { LogFields, Logger } from '../workflow/logger.ts'
import { printable } from './terminal.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]
type MessageLevel = Exclude<LogLevel, 'silent'>

export interface LoggerOptions {
  /** Messages below this level are left out. Default: info. */
  readonly level?: LogLevel
  /** Takes a whole line. Default: standard output. */
  readonly write?: (line: string) => void
}

export interface ConsoleLoggerOptions extends LoggerOptions {
  /** Default: whether standard output is a terminal that wants colours. */
  readonly colors?: boolean
}

/** Readable lines: time, level, instance, message, fields. At level debug with all fields. */
export function createConsoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const { level = 'info', write = writeLine, colors = process.stdout.hasColors?.() ?? false } = options
  const paint = (code: number, text: string) =>
    colors && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text
  return leveled(level, (messageLevel, message, fields) => {
    const { instanceId, ...others } = fields
    const time = new Date().toTimeString().slice(0, 8)
    const instance = typeof instanceId === 'string' ? `[${printable(instanceId)}] ` : ''
    const shown = Object.entries(others).filter(([name]) => level === 'debug' || !addresses.has(name))
    const rest = shown.map(([name, value]) => ` ${printable(name)}=${printable(describe(value))}`).join('')
    const label = paint(colorOf[messageLevel], messageLevel.padEnd(5))
    write(`${paint(dim, time)} ${label} ${paint(dim, instance)}${printable(message)}${paint(dim, rest)}`)
  })
}

/** One JSON object a line: `time`, `level`, `message`, and the fields. */
export function createJsonLogger({ level = 'info', write = writeLine }: LoggerOptions = {}): Logger {
  return leveled(level, (messageLevel, message, fields) => {
    const own = { time: new Date().toISOString(), level: messageLevel, message }
    write(toJson({ ...own, ...fields, ...own }))
  })
}

/** Where a line comes from, for a machine; a person needs the instance. */
const addresses = new Set(['workflow', 'activity', 'taskId', 'attempt', 'incarnation', 'generation'])
const colorOf: Readonly<Record<MessageLevel, number>> = { debug: 90, info: 36, warn: 33, error: 31 }
const dim = 90

function leveled(
  threshold: LogLevel,
  log: (level: MessageLevel, message: string, fields: LogFields) => void,
): Logger {
  const at = (level: MessageLevel) =>
    logLevels.indexOf(level) < logLevels.indexOf(threshold)
      ? () => {}
      : (message: string, fields: LogFields = {}) => log(level, message, fields)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** A field in few words: an error and the details of a failure by type and message. */
function describe(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return `${value.name}: ${value.message}`
  const { errorType, message } = (value ?? {}) as { errorType?: unknown; message?: unknown }
  return typeof errorType === 'string' && typeof message === 'string'
    ? `${errorType}: ${message}`
    : toJson(value)
}

/** Never throws: what JSON cannot carry is written in words. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, plain) ?? String(value)
  } catch {
    return JSON.stringify({ message: 'A log line could not be written as JSON.' })
  }
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) {
    const { name, message, stack, cause } = value
    return { name, message, stack, ...(cause !== undefined && { cause }) }
  }
  return typeof value === 'bigint' ? String(value) : value
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`)
}
