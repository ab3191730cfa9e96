// The commands that run an instance again.

import { define, payload } from './client-command.ts'
import { UsageError } from './command-line.ts'
import type { Command } from './command.ts'

const newId = { type: 'string', value: 'id', description: 'id of the new instance' } as const

export const againCommands: Readonly<Record<string, Command>> = {
  restart: define({
    usage: 'tenuto restart <instance id>',
    summary: 'Runs an ended instance from the beginning, with the same input, and prints the id.',
    flags: {
      'new-id': { ...newId, description: 'run it as another instance; the old one stays' },
      new: { type: 'boolean', description: 'as another instance, with a random id' },
    },
    async act({ client, flags, subject, print }) {
      const newInstanceId = flags['new-id'] ?? (flags.new ? true : undefined)
      const instanceId = await client.restartWorkflow(subject, newInstanceId ? { newInstanceId } : {})
      print(instanceId, { instanceId })
      return 0
    },
  }),

  rerun: define({
    usage: 'tenuto rerun <instance id> <event id> [input]',
    summary:
      'Begins a new instance with the past of an ended one, up to an activity, timer or child, and prints its id.',
    flags: {
      'new-id': newId,
      'child-id': { type: 'string', value: 'id', description: 'id of the child that is made anew' },
    },
    notes: [
      'The event id is the seq of a command in tenuto history. The input is JSON, or text that stands for itself; - reads it from standard input.',
    ],
    async act({ client, flags, subject, more, terminal, print }) {
      const [eventId = '', text] = more
      if (!/^\d{1,9}$/.test(eventId)) throw new UsageError(`An event id is a number, got '${eventId}'.`)
      const input = await payload(text, terminal)
      const instanceId = await client.rerunWorkflowFromEvent(subject, Number(eventId), {
        ...(input !== undefined && { input }),
        ...(flags['new-id'] !== undefined && { newInstanceId: flags['new-id'] }),
        ...(flags['child-id'] !== undefined && { newChildInstanceId: flags['child-id'] }),
      })
      print(instanceId, { instanceId })
      return 0
    },
  }),

  rewind: define({
    usage: 'tenuto rewind <instance id>',
    summary: 'Runs what has failed in a failed instance again, in place.',
    flags: {},
    async act({ client, subject, print }) {
      await client.rewindWorkflow(subject)
      print('rewound', { instanceId: subject })
      return 0
    },
  }),
}
