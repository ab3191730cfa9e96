// The commands that talk to a running server: one for each operation of the client.

import { createHttpClient } from '../client/http-client.ts'
import type { WorkflowClient } from '../client/workflow-client.ts'
import { toMilliseconds, type Duration } from '../workflow/duration.ts'
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
import { describeState, stateToJson } from './states.ts'

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

function define<F extends Flags>({ act, ...line }: Definition<F>): Command {
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

export const clientCommands: Readonly<Record<string, Command>> = {
  start: define({
    usage: 'tenuto start <workflow> [input]',
    summary: 'Starts a workflow and prints its instance id.',
    flags: {
      id: { type: 'string', value: 'id', description: 'instance id (default: a random UUID)' },
      at: { type: 'string', value: 'time', description: 'not before, such as 2026-01-31T09:30:00Z' },
      key: { type: 'string', value: 'key', description: 'starting again with the same key changes nothing' },
    },
    notes: ['The input is JSON, or text that stands for itself; - reads it from standard input.'],
    async act({ client, flags, subject, more, terminal, print }) {
      const instanceId = await client.scheduleNewWorkflow(subject, await payload(more[0], terminal), {
        ...(flags.id !== undefined && { instanceId: flags.id }),
        ...(flags.at !== undefined && { startTime: toDate(flags.at) }),
        ...(flags.key !== undefined && { idempotencyKey: flags.key }),
      })
      print(instanceId, { instanceId })
      return 0
    },
  }),

  get: define({
    usage: 'tenuto get <instance id>',
    summary: 'Shows an instance: status, input, output.',
    flags: {},
    async act({ client, subject, terminal, print }) {
      const state = await client.getWorkflowState(subject)
      if (!state) return unknownInstance(subject, terminal)
      print(describeState(state), state)
      return 0
    },
  }),

  history: define({
    usage: 'tenuto history <instance id>',
    summary: 'Prints the history of an instance as JSON, for a file that tenuto replay takes.',
    flags: {},
    async act({ client, subject, terminal }) {
      const history = await client.getWorkflowHistory(subject)
      if (!history) return unknownInstance(subject, terminal)
      terminal.out(stateToJson(history))
      return 0
    },
  }),

  wait: define({
    usage: 'tenuto wait <instance id>',
    summary: 'Waits for the end of an instance and shows it. Exit code 3 when it failed or was terminated.',
    flags: {
      timeout: { type: 'string', value: 'time', description: 'seconds, or such as 5m (default 60s)' },
    },
    async act({ client, flags, subject, terminal, print }) {
      const timeoutMs = toMs(flags.timeout ?? '60s')
      const state = await client.waitForWorkflowCompletion(subject, { timeoutMs })
      if (!state) return unknownInstance(subject, terminal)
      print(describeState(state), state)
      return state.runtimeStatus === 'COMPLETED' ? 0 : 3
    },
  }),

  raise: define({
    usage: 'tenuto raise <instance id> <event> [data]',
    summary: 'Raises an external event in an instance.',
    flags: {
      'event-id': { type: 'string', value: 'id', description: 'an event with the same id counts once' },
    },
    notes: ['The data is JSON, or text that stands for itself; - reads it from standard input.'],
    async act({ client, flags, subject, more, terminal, print }) {
      const [event = '', data] = more
      const eventId = flags['event-id']
      await client.raiseEvent(
        subject,
        event,
        await payload(data, terminal),
        eventId === undefined ? {} : { eventId },
      )
      print('raised', { instanceId: subject, event })
      return 0
    },
  }),

  suspend: define({
    usage: 'tenuto suspend <instance id> [reason]',
    summary: 'Suspends an instance: nothing happens in it until it is resumed.',
    flags: {},
    async act({ client, subject, more, print }) {
      await client.suspendWorkflow(subject, more[0])
      print('suspended', { instanceId: subject })
      return 0
    },
  }),

  resume: define({
    usage: 'tenuto resume <instance id> [reason]',
    summary: 'Resumes a suspended instance.',
    flags: {},
    async act({ client, subject, more, print }) {
      await client.resumeWorkflow(subject, more[0])
      print('resumed', { instanceId: subject })
      return 0
    },
  }),

  terminate: define({
    usage: 'tenuto terminate <instance id> [output]',
    summary: 'Ends an instance and its children; no effect on one that has ended.',
    flags: {},
    async act({ client, subject, more, terminal, print }) {
      await client.terminateWorkflow(subject, await payload(more[0], terminal))
      print('terminated', { instanceId: subject })
      return 0
    },
  }),

  purge: define({
    usage: 'tenuto purge <instance id>',
    summary: 'Removes an ended instance with all that is kept of it.',
    flags: {},
    async act({ client, subject, terminal, print }) {
      if (!(await client.purgeWorkflow(subject))) return unknownInstance(subject, terminal)
      print('purged', { instanceId: subject })
      return 0
    },
  }),
}

function connect(url: string): WorkflowClient {
  try {
    return createHttpClient(url)
  } catch (error) {
    throw isTenutoError(error) ? new UsageError(error.message, { cause: error }) : error
  }
}

async function payload(argument: string | undefined, { readInput }: Terminal): Promise<unknown> {
  return decodePayload(argument === '-' ? (await readInput()).trim() : argument)
}

function unknownInstance(instanceId: string, { error }: Terminal): ExitCode {
  error(`There is no instance ${JSON.stringify(instanceId)}.`)
  return 1
}

function toDate(text: string): Date {
  const date = new Date(text)
  if (!Number.isNaN(date.getTime())) return date
  throw new UsageError(`A time such as 2026-01-31T09:30:00Z was expected, got '${text}'.`)
}

function toMs(text: string): number {
  try {
    return toMilliseconds((/^\d+(?:\.\d+)?$/.test(text) ? `${text}s` : text) as Duration)
  } catch (error) {
    throw isTenutoError(error) ? new UsageError(error.message, { cause: error }) : error
  }
}
