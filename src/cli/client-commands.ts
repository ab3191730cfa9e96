// The commands that talk to a running server: one for each operation of the client.

import { idReusePolicies } from '../http/wire.ts'
import type { IdReusePolicy } from '../runtime/management.ts'
import { toMilliseconds, type Duration } from '../workflow/duration.ts'
import { isTenutoError } from '../workflow/errors.ts'
import { activityCommands } from './activity-commands.ts'
import { againCommands } from './again-commands.ts'
import { define, payload, tagsOf, toDate } from './client-command.ts'
import { UsageError } from './command-line.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { manyCommands } from './many-commands.ts'
import { describeState, stateToJson } from './states.ts'

export const clientCommands: Readonly<Record<string, Command>> = {
  start: define({
    usage: 'tenuto start <workflow> [input]',
    summary: 'Starts a workflow and prints its instance id.',
    flags: {
      id: { type: 'string', value: 'id', description: 'instance id (default: a random UUID)' },
      at: { type: 'string', value: 'time', description: 'not before, such as 2026-01-31T09:30:00Z' },
      key: { type: 'string', value: 'key', description: 'starting again with the same key changes nothing' },
      tag: {
        type: 'string',
        multiple: true,
        value: 'name:value',
        description: 'by which lists find it; may be repeated',
      },
      reuse: {
        type: 'string',
        value: 'policy',
        description: `when the id is taken: ${idReusePolicies.join(', ')} (default ${idReusePolicies[0]})`,
      },
    },
    notes: ['The input is JSON, or text that stands for itself; - reads it from standard input.'],
    async act({ client, flags, subject, more, terminal, print }) {
      const instanceId = await client.scheduleNewWorkflow(subject, await payload(more[0], terminal), {
        ...(flags.id !== undefined && { instanceId: flags.id }),
        ...(flags.at !== undefined && { startTime: toDate(flags.at) }),
        ...(flags.key !== undefined && { idempotencyKey: flags.key }),
        ...(flags.tag && { tags: tagsOf(flags.tag) }),
        ...(flags.reuse !== undefined && { idReusePolicy: toPolicy(flags.reuse) }),
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

  ...activityCommands,

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
    flags: {
      force: {
        type: 'boolean',
        description: 'also one that has not ended, and its children: no code is asked',
      },
    },
    async act({ client, flags, subject, terminal, print }) {
      if (!(await client.purgeWorkflow(subject, { force: flags.force ?? false })))
        return unknownInstance(subject, terminal)
      print('purged', { instanceId: subject })
      return 0
    },
  }),

  ...againCommands,
  ...manyCommands,
}

function toPolicy(text: string): IdReusePolicy {
  const policy = idReusePolicies.find((each) => each === text)
  if (policy) return policy
  throw new UsageError(`--reuse is one of ${idReusePolicies.join(', ')}, got '${text}'.`)
}

function unknownInstance(instanceId: string, { error }: Terminal): ExitCode {
  error(`There is no instance ${JSON.stringify(instanceId)}.`)
  return 1
}

function toMs(text: string): number {
  try {
    return toMilliseconds((/^\d+(?:\.\d+)?$/.test(text) ? `${text}s` : text) as Duration)
  } catch (error) {
    throw isTenutoError(error) ? new UsageError(error.message, { cause: error }) : error
  }
}
