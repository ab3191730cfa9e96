// What the commands that talk to a running server have in common.

import { createHttpClient } from '../client/http-client.ts'
import type { WorkflowClient } from '../client/workflow-client.ts'
import { isTenutoError } from '../workflow/errors.ts'
import { decodePayload } from '../workflow/payload.ts'
import {
  type CommandLine,
  type Flags,
  type FlagValues,
  helpFlag,
  parseCommandLine,
  UsageError,
} from './command-line.ts'
import { type Command, type ExitCode, type Terminal, variable } from './command.ts'
import { stateToJson } from './states.ts'

const defaultUrl = 'http://127.0.0.1:3500'

const commonFlags = {
  url: { type: 'string', value: 'url', description: `the server (TENUTO_URL; default ${defaultUrl})` },
  json: { type: 'boolean', description: 'print JSON' },
  ...helpFlag,
} as const satisfies Flags

interface Call<F extends Flags> {
  readonly client: WorkflowClient
  readonly flags: FlagValues<F & typeof commonFlags>
  /** The first positional argument: an instance id, or a workflow name. */
  readonly subject: string
  readonly more: readonly (string | undefined)[]
  readonly terminal: Terminal
  /** Prints a line of text, or the value with --json. */
  readonly print: (line: string, value: unknown) => void
}

interface Definition<F extends Flags> extends CommandLine {
  readonly flags: F
  readonly act: (call: Call<F>) => Promise<ExitCode>
}

export function define<F extends Flags>({ act, ...line }: Definition<F>): Command {
  const flags = { ...line.flags, ...commonFlags }
  return {
    ...line,
    flags,
    async run(args, terminal) {
      const parsed = parseCommandLine({ ...line, flags }, args)
      const [subject = '', ...more] = parsed.positionals
      const { url, json }: FlagValues<typeof commonFlags> = parsed.flags
      const client = connect(url ?? variable(terminal.env, 'TENUTO_URL') ?? defaultUrl)
      const print = (text: string, value: unknown) => terminal.out(json ? stateToJson(value) : text)
      return act({ client, flags: parsed.flags, subject, more, terminal, print })
    },
  }
}

export async function payload(argument: string | undefined, { readInput }: Terminal): Promise<unknown> {
  return decodePayload(argument === '-' ? (await readInput()).trim() : argument)
}

export function toDate(text: string): Date {
  const date = new Date(text)
  if (!Number.isNaN(date.getTime())) return date
  throw new UsageError(`A time such as 2026-01-31T09:30:00Z was expected, got '${text}'.`)
}

/** @throws UsageError unless each is a name and a value with a colon between */
export function tagsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf(':')
      if (at < 1) throw new UsageError(`A tag is written name:value, got '${text}'.`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function connect(url: string): WorkflowClient {
  try {
    return createHttpClient(url)
  } catch (error) {
    throw isTenutoError(error) ? new UsageError(error.message, { cause: error }) : error
  }
}
