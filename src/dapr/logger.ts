// Dapr's logger options as a logger.

import { type Logger, mapLogger } from '../workflow/logger.ts'
import type { LoggerOptions, LoggerService } from './types.ts'

/** Numbers as in Dapr: the higher, the more is logged. */
// oxlint-disable-next-line no-redeclare -- a type and a value of one name, as Dapr's enum is
export const LogLevel = { Error: 0, Warn: 1, Info: 2, Verbose: 3, Debug: 4 } as const
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel]

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
