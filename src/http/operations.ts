// One function an operation: names and query, then headers, then the body, and only then the runtime.

import type { Context } from 'hono'
import type { InstanceView, Management, WaitUntil } from '../runtime/management.ts'
import { isTenutoError, TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { encodePayload } from '../workflow/payload.ts'
import { isTerminal } from '../workflow/status.ts'
import { jsonAnswer } from './answers.ts'
import { readMembers, readPayload } from './body.ts'
import { tagsOf } from './list-query.ts'
import { pathNames } from './path.ts'
import { historyQuery, parseQuery, startQuery, waitQuery } from './query.ts'
import { assertIdempotencyKey, assertInstanceId, assertName } from './validate.ts'
import { toWireStatus, type WireHistory } from './wire.ts'

export type Members = ReadonlyMap<string, unknown>
type Command = (instanceId: string, members: Members) => Promise<void>

/** Of the episodes in one answer; Lambda takes 6 MB. */
export const pageBytes = 4 * 1024 * 1024

/** The commands, which all look alike, by the last segment of their path. */
export function commandsOf(management: Management): Readonly<Record<string, Command>> {
  return {
    pause: async (id, members) => management.suspend(id, reasonOf(members)),
    resume: async (id, members) => management.resume(id, reasonOf(members)),
    terminate: async (id, members) =>
      management.terminate(id, encodePayload(members.get('output'), 'output'), recursionOf(members)),
    purge: async (id, members) =>
      management.purge(id, { ...recursionOf(members), ...booleanIn(members, 'force') }),
  }
}

export async function start({ req }: Context, management: Management): Promise<Response> {
  const { version, component, subject: workflowName } = pathNames(req.path)
  assertName(workflowName, 'workflow name', 'ERR_WORKFLOW_NAME_MISSING')
  const given = startQuery(parseQuery(req.url))
  const tags = tagsOf(req.url)
  const idempotencyKey = idempotencyKeyOf(req.raw)
  const input = await readPayload(req.raw, 'The input')
  const { instanceId } = await management.start({
    workflowName,
    ...given,
    ...(tags && { tags }),
    ...traceOf(req.raw),
    ...(input !== undefined && { input }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  })
  const location = `/${version}/workflows/${component}/${encodeURIComponent(instanceId)}`
  return jsonAnswer(202, { instanceID: instanceId }, { headers: { Location: location }, askAgain: true })
}

export async function status({ req }: Context, management: Management): Promise<Response> {
  const { subject: instanceId } = pathNames(req.path)
  assertInstanceId(instanceId)
  const view = await viewWhen(req.raw, management, instanceId)
  if (!view) throw unknownInstance(instanceId)
  return jsonAnswer(200, toWireStatus(view), { askAgain: !isTerminal(view.status) })
}

/** As many episodes as fit an answer of Lambda, and at least one. */
export async function history({ req }: Context, management: Management): Promise<Response> {
  const { subject: instanceId } = pathNames(req.path)
  assertInstanceId(instanceId)
  const after = historyQuery(parseQuery(req.url))
  const { workflowName, episodes } = await onKnownInstance(instanceId, async () =>
    management.history(instanceId),
  )
  const rest = episodes.filter(({ n }) => n > after)
  let bytes = 0
  const tooMany = rest.findIndex((episode, at) => {
    bytes += Buffer.byteLength(JSON.stringify(episode))
    return at > 0 && bytes > pageBytes
  })
  const page = tooMany < 0 ? rest : rest.slice(0, tooMany)
  const body: WireHistory = {
    instanceID: instanceId,
    workflowName,
    episodes: page,
    ...(page.length < rest.length && { more: true }),
  }
  return jsonAnswer(200, body)
}

export async function raiseEvent({ req }: Context, management: Management): Promise<Response> {
  const { subject: instanceId, eventName } = pathNames(req.path)
  assertInstanceId(instanceId)
  assertName(eventName, 'event name', 'ERR_WORKFLOW_EVENT_NAME_MISSING')
  parseQuery(req.url)
  const eventId = idempotencyKeyOf(req.raw)
  const data = await readPayload(req.raw, 'The event data')
  await onKnownInstance(instanceId, async () =>
    management.raiseEvent({
      instanceId,
      eventName,
      ...(data !== undefined && { data }),
      ...(eventId !== undefined && { eventId }),
      ...traceOf(req.raw),
    }),
  )
  return jsonAnswer(202, {})
}

export async function command({ req }: Context, run: Command): Promise<Response> {
  const { subject: instanceId } = pathNames(req.path)
  assertInstanceId(instanceId)
  parseQuery(req.url)
  const members = await readMembers(req.raw)
  await onKnownInstance(instanceId, async () => run(instanceId, members))
  return jsonAnswer(202, {})
}

/** The view now; or, as the query asks, once it is what it waits for, its time is over, or the request is aborted. */
async function viewWhen(
  { url, signal }: Request,
  management: Management,
  instanceId: string,
): Promise<InstanceView | undefined> {
  const { waitMs, until, since } = waitQuery(parseQuery(url))
  if (waitMs === 0) return management.get(instanceId)
  if (until !== 'change') return held(until)
  const changeSince = since ?? (await management.get(instanceId))?.lastUpdatedAt
  return changeSince && held({ changeSince })

  async function held(target: WaitUntil): Promise<InstanceView | undefined> {
    try {
      return await management.waitFor(instanceId, target, waitMs, signal)
    } catch (error) {
      if (!signal.aborted) throw error
      return management.get(instanceId)
    }
  }
}

export async function onKnownInstance<T>(instanceId: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw isTenutoError(error, 'ERR_INSTANCE_ID_NOT_FOUND') ? unknownInstance(instanceId) : error
  }
}

/** Dapr's text, which its own tests compare. */
function unknownInstance(instanceId: string): TenutoError {
  return new TenutoError(
    'ERR_INSTANCE_ID_NOT_FOUND',
    `unable to find workflow with the provided instance ID: ${instanceId}`,
  )
}

export function idempotencyKeyOf({ headers }: Request): string | undefined {
  const key = headers.get('idempotency-key') ?? undefined
  if (key !== undefined) assertIdempotencyKey(key)
  return key
}

/** Where the caller is in a trace; what is none is as good as none. */
function traceOf({ headers }: Request): { readonly trace?: string } {
  const trace = headers.get('traceparent')
  return trace === null ? {} : { trace }
}

function recursionOf(members: Members): { readonly recursive?: boolean } {
  return booleanIn(members, 'recursive')
}

function booleanIn<K extends string>(members: Members, name: K): { readonly [P in K]?: boolean } {
  const value = members.get(name)
  if (value === undefined) return {}
  if (typeof value === 'boolean') return { [name]: value } as { readonly [P in K]: boolean }
  throw new TenutoError('ERR_MALFORMED_REQUEST', `${name} must be true or false.`)
}

export function reasonOf(members: Members): string | undefined {
  const reason = members.get('reason') ?? undefined
  if (reason === undefined || (typeof reason === 'string' && reason.length <= limits.reasonCharacters))
    return reason
  throw new TenutoError(
    'ERR_MALFORMED_REQUEST',
    `reason must be a text of at most ${limits.reasonCharacters} characters.`,
  )
}
