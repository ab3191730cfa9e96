// Running an instance again: each answer names the instance that runs, as that of a start does.

import type { Context } from 'hono'
import type { Management } from '../runtime/management.ts'
import type { RunningAgain } from '../runtime/running-again.ts'
import { TenutoError } from '../workflow/errors.ts'
import { encodePayload } from '../workflow/payload.ts'
import { jsonAnswer } from './answers.ts'
import { readMembers } from './body.ts'
import { idempotencyKeyOf, type Members, onKnownInstance } from './operations.ts'
import { pathNames } from './path.ts'
import { parseQuery } from './query.ts'
import { assertInstanceId, assertNewInstanceId } from './validate.ts'

/** The instance, the members of the body, and the key. */
interface AgainRequest {
  readonly instanceId: string
  readonly members: Members
  readonly key: { readonly idempotencyKey?: string }
}

export type Again = (
  management: RunningAgain,
  request: AgainRequest,
) => Promise<{ readonly instanceId: string }>

/** By the last segment of their path. */
export const again: Readonly<Record<string, Again>> = {
  async restart(management, { instanceId, members, key }) {
    const given = members.get('newInstanceID')
    const newInstanceId = given === true ? crypto.randomUUID() : newIdIn(members)
    return management.restart({ instanceId, ...key, ...(newInstanceId !== undefined && { newInstanceId }) })
  },
  async rerun(management, { instanceId, members, key }) {
    const eventId = members.get('eventID')
    if (!Number.isSafeInteger(eventId))
      throw new TenutoError(
        'ERR_MALFORMED_REQUEST',
        'eventID must be the number of a command in the history.',
      )
    const newInstanceId = newIdIn(members)
    const newChildInstanceId = textIn(members, 'newChildInstanceID')
    const input = members.has('input') ? encodePayload(members.get('input'), 'input') : undefined
    return management.rerun({
      instanceId,
      eventId: eventId as number,
      ...key,
      ...(newInstanceId !== undefined && { newInstanceId }),
      ...(newChildInstanceId !== undefined && { newChildInstanceId }),
      ...(input !== undefined && { input }),
    })
  },
  rewind: async (management, { instanceId, key }) => management.rewind({ instanceId, ...key }),
}

export async function runAgain({ req }: Context, management: Management, run: Again): Promise<Response> {
  const { version, component, subject: instanceId } = pathNames(req.path)
  assertInstanceId(instanceId)
  parseQuery(req.url)
  const idempotencyKey = idempotencyKeyOf(req.raw)
  const members = await readMembers(req.raw)
  const key = idempotencyKey === undefined ? {} : { idempotencyKey }
  const started = await onKnownInstance(instanceId, async () => run(management, { instanceId, members, key }))
  const location = `/${version}/workflows/${component}/${encodeURIComponent(started.instanceId)}`
  return jsonAnswer(
    202,
    { instanceID: started.instanceId },
    { headers: { Location: location }, askAgain: true },
  )
}

function newIdIn(members: Members): string | undefined {
  const id = textIn(members, 'newInstanceID')
  if (id !== undefined) assertNewInstanceId(id)
  return id
}

function textIn(members: Members, name: string): string | undefined {
  const text = members.get(name) ?? undefined
  if (text === undefined || typeof text === 'string') return text
  throw new TenutoError('ERR_MALFORMED_REQUEST', `${name} must be a text.`)
}
