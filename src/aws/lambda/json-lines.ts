// Log lines and metrics as JSON, one object a line on standard output, which Lambda hands to CloudWatch as they are.

import type { Clock } from '../../runtime/ports.ts'
import { type LogFields, type Logger, mapLogger } from '../../workflow/logger.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const

export interface JsonLoggerOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Lines below this level are left out; in capitals too, as Lambda writes it. Default: info. */
  readonly level?: string | undefined
  /** Asked for every line. */
  readonly fields?: () => LogFields
  /** Takes a line without its end. Default: standard output. */
  readonly write?: (line: string) => void
}

/** `timestamp`, `level`, `message`, then the fields; no field can take the place of those three. */
export function createJsonLogger(options: JsonLoggerOptions): Logger {
  const { clock, level = 'info', fields = () => ({}), write = writeLine } = options
  const asked = levels.findIndex((each) => each === level.toLowerCase())
  const threshold = asked === -1 ? levels.indexOf('info') : asked
  return mapLogger((at) => {
    if (levels.indexOf(at) < threshold) return () => {}
    return (message, more = {}) => {
      const own = { timestamp: new Date(clock.now()).toISOString(), level: at.toUpperCase(), message }
      write(toJson({ ...own, ...fields(), ...more, ...own }))
    }
  })
}

/** Never throws: what JSON cannot carry is said in words. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, plain)
  } catch {
    return JSON.stringify({ level: 'ERROR', message: 'A line of the log could not be written as JSON.' })
  }
}

export function writeLine(line: string): void {
  process.stdout.write(`${line}\n`)
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  const { code } = value as { readonly code?: unknown }
  return { name, message, stack, ...(code !== undefined && { code }), ...(cause !== undefined && { cause }) }
}
