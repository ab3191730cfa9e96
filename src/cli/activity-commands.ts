// The commands that complete an activity from outside, by the token that it was given.

import { define, payload } from './client-command.ts'
import type { Command } from './command.ts'

export const activityCommands: Readonly<Record<string, Command>> = {
  'complete-activity': define({
    usage: 'tenuto complete-activity <token> [output]',
    summary: 'Completes an activity that waits for it, by its token.',
    flags: {},
    notes: ['The output is JSON, or text that stands for itself; - reads it from standard input.'],
    async act({ client, subject, more, terminal, print }) {
      await client.completeActivity(subject, await payload(more[0], terminal))
      print('completed', {})
      return 0
    },
  }),

  'fail-activity': define({
    usage: 'tenuto fail-activity <token> <message>',
    summary: 'Fails an activity that waits to be completed, by its token.',
    flags: {
      'error-type': { type: 'string', value: 'name', description: 'name of the error (default Error)' },
      'non-retriable': { type: 'boolean', description: 'no retry policy tries again' },
    },
    async act({ client, flags, subject, more, print }) {
      const error = Object.assign(new Error(more[0]), {
        name: flags['error-type'] ?? 'Error',
        stack: undefined,
        ...(flags['non-retriable'] && { nonRetriable: true }),
      })
      await client.failActivity(subject, error)
      print('failed', {})
      return 0
    },
  }),
}
