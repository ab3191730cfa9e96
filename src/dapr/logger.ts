// Dapr's logger options as a logger.

import { type Logger, mapLogger } from '../workflow/logger.ts'
import type { LoggerOptions, LoggerService } from './types.ts'

const levels = { Error: 0, Warn: 1, Info: 2, Verbose: 3, Debug: 4 } as const

/** Numbers as in Dapr: the higher, the more is logged. */
// oxlint-disable-next-line no-redeclare -- a type and a value of one name, as Dapr's enum is
export const LogLevel: typeof levels & { readonly [level: number]: string } = {
  ...levels,
  0: 'Error',
  1: 'Warn',
  2: 'Info',
  3: 'Verbose',
  4: 'Debug',
}
export type LogLevel = (typeof levels)[keyof typeof levels]

/* oxlint-disable no-console -- that is what it is for */
/** Dapr's default logger: a time, a level and a message a line, on the console. */
export class ConsoleLoggerService implements LoggerService {
  error(message: unknown, ...more: unknown[]): void {
    console.error(line('ERROR', message), ...more)
  }

  warn(message: unknown, ...more: unknown[]): void {
    console.warn(line('WARN', message), ...more)
  }

  info(message: unknown, ...more: unknown[]): void {
    console.info(line('INFO', message), ...more)
  }

  verbose(message: unknown, ...more: unknown[]): void {
    console.log(line('VERBOSE', message), ...more)
  }

  debug(message: unknown, ...more: unknown[]): void {
    console.debug(line('DEBUG', message), ...more)
  }
}

/* oxlint-enable no-console */

function line(level: string, message: unknown): string {
  return `${new Date().toISOString()} ${level} ${String(message)}`
}

const levelOf = {
  error: LogLevel.Error,
  warn: LogLevel.Warn,
  info: LogLevel.Info,
  debug: LogLevel.Debug,
} as const satisfies Record<keyof Logger, LogLevel>

export function toLogger({ level = LogLevel.Info, service }: LoggerOptions = {}): Logger {
  const target: Pick<LoggerService, keyof Logger> = service ?? console
  return mapLogger((name) => {
    if (levelOf[name] > level) return () => {}
    return (message, fields) => target[name](message, ...(fields ? [fields] : []))
  })
}
