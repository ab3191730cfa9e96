// A command line, parsed by a table: what it takes is what its help says.

import { parseArgs } from 'node:util'

interface Flag {
  readonly type: 'string' | 'boolean'
  /** What a help text shows for the value. */
  readonly value?: string
  readonly short?: string
  /** It may be given several times. */
  readonly multiple?: true
  readonly description: string
}

export type Flags = Readonly<Record<string, Flag>>

export interface CommandLine {
  /** The command with its positional arguments: `tenuto get <instance id>`. `[…]` may be left out, and of `[… ...]` there may be many. */
  readonly usage: string
  readonly summary: string
  readonly flags: Flags
  /** Lines below the flags of the help text. */
  readonly notes?: readonly string[]
}

export type FlagValues<F extends Flags> = {
  readonly [K in keyof F]?: F[K]['type'] extends 'boolean'
    ? boolean
    : F[K] extends { readonly multiple: true }
      ? readonly string[]
      : string
}

export interface ParsedCommandLine<F extends Flags> {
  readonly flags: FlagValues<F>
  readonly positionals: readonly string[]
}

/** The command line cannot be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const helpFlag = {
  help: { type: 'boolean', short: 'h', description: 'show this text' },
} as const satisfies Flags

/**
 * Parses the arguments of a command.
 * @throws UsageError for an unknown flag, a missing value, too few or too many positional arguments
 */
export function parseCommandLine<F extends Flags>(
  line: CommandLine & { readonly flags: F },
  args: readonly string[],
): ParsedCommandLine<F> {
  const { values, positionals } = parse(line.flags, args)
  if (!('help' in values)) checkPositionals(line.usage, positionals)
  return { flags: values as FlagValues<F>, positionals }
}

export function helpText({ usage, summary, flags, notes = [] }: CommandLine): string {
  const names = Object.entries(flags).map(([name, { short, value }]) =>
    [short ? `-${short}, ` : '    ', `--${name}`, value ? ` <${value}>` : ''].join(''),
  )
  const width = Math.max(...names.map((name) => name.length)) + 2
  const rows = Object.values(flags).map(
    ({ description }, at) => `  ${(names[at] ?? '').padEnd(width)}${description}`,
  )
  return [
    `Usage: ${usage} [options]`,
    '',
    summary,
    '',
    'Options:',
    ...rows,
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n')
}

/** @throws UsageError unless the text is a port number. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new UsageError(`A port is a number from 0 to 65535, got '${text}'.`)
}

function parse(flags: Flags, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true, strict: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      throw new UsageError(error.message, { cause: error })
    }
    throw error
  }
}

function checkPositionals(usage: string, positionals: readonly string[]): void {
  const wanted = usage.match(/<[^>]+>|\[[^\]]+\]/g) ?? []
  const missing = wanted.slice(positionals.length).find((name) => name.startsWith('<'))
  if (missing) throw new UsageError(`${missing} is missing.`)
  if (wanted.at(-1)?.endsWith('...]')) return
  const [tooMany] = positionals.slice(wanted.length)
  if (tooMany !== undefined) throw new UsageError(`'${tooMany}' is one argument too many.`)
}
