// Activities that are completed from outside, in both clients.

import { workflowsPath } from '../http/wire.ts'
import type { Management } from '../runtime/management.ts'
import { toFailureDetails } from '../workflow/failure.ts'
import { encodePayload } from '../workflow/payload.ts'
import type { Send } from './transport.ts'
import { optional } from './values.ts'
import type { WorkflowClient } from './workflow-client.ts'

type Completions<T extends object> = Pick<T, keyof T & ('completeActivity' | 'failActivity')>

export function activityCompletions(management: Management): Completions<WorkflowClient> {
  return {
    async completeActivity(token, output) {
      const payload = encodePayload(output, 'The output of the activity')
      await management.completeActivity({ token, ...optional('output', payload) })
    },
    failActivity: async (token, error) =>
      management.failActivity({ token, failure: toFailureDetails(error) }),
  }
}

/** Over HTTP. */
export function httpCompletions(send: Send): Completions<Management> {
  const path = `${workflowsPath}/activities`
  return {
    async completeActivity({ token, output }) {
      const rest = output === undefined ? '' : `,"output":${output}`
      await send({
        method: 'POST',
        path: `${path}/complete`,
        body: `{"token":${JSON.stringify(token)}${rest}}`,
      })
    },
    async failActivity(request) {
      await send({ method: 'POST', path: `${path}/fail`, body: JSON.stringify(request) })
    },
  }
}
