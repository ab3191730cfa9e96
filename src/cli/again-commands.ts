// The commands that run an instance again.

import { define } from './client-command.ts'
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
}
