// What the functions write, for a person: a line of JSON as a readable one that names the function; metrics are left out.

import type { LogFields, Logger } from '../../src/workflow/logger.ts'

const levels = { DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const

/** What matters to a machine alone. */
const hidden = new Set(['timestamp', 'level', 'message', 'service', 'requestId'])

export function showLine(logger: Logger, functionName: string, line: string): void {
  const fields = parse(line)
  if (!fields) return logger.warn(`${functionName}: ${line}`)
  if ('_aws' in fields) return
  const { level, message } = fields
  const shown = Object.entries(fields).filter(([name]) => !hidden.has(name))
  const method = levels[level as keyof typeof levels] ?? 'info'
  logger[method](`${functionName}: ${String(message)}`, Object.fromEntries(shown))
}

/** The line as an object of JSON that names the function. */
export function toJsonLine(functionName: string, line: string): string {
  const fields = parse(line) ?? { level: 'WARN', message: line }
  return JSON.stringify({ function: functionName, ...fields })
}

function parse(line: string): LogFields | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LogFields
  } catch {
    return undefined
  }
}
