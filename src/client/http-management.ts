// The operations of Management over HTTP. Start and raise carry a key of their own, so that a retry whose first attempt got through
// changes nothing.

import { fromWireHistory, fromWireStatus, workflowsPath } from '../http/wire.ts'
import type { InstanceView, Management, WaitUntil, WorkflowHistory } from '../runtime/management.ts'
import { isTenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { checkTags } from '../workflow/tags.ts'
import { httpCompletions } from './activities.ts'
import { httpAgain } from './http-again.ts'
import { httpMany } from './http-many.ts'
import { instancePath, keyHeader, query, segment, startedId } from './http-request.ts'
import { hasReached } from './reached.ts'
import { type Send, sleep } from './transport.ts'

/** Between two questions when the server answers a held one early, because it restarts or something between cuts it short. */
const earlyAnswerPauseMs = 500

export function httpManagement(send: Send): Management {
  const command = async (instanceId: string, name: string, body?: string) =>
    send({ method: 'POST', path: `${instancePath(instanceId)}/${name}`, body })
  return {
    ...httpMany(send),
    ...httpAgain(send),
    ...httpCompletions(send),
    async start(request) {
      const { workflowName, instanceId = crypto.randomUUID(), input, startAt, idempotencyKey } = request
      const { tags = {}, idReusePolicy } = request
      checkTags(tags)
      const startTime = startAt === undefined ? {} : { startTime: new Date(startAt).toISOString() }
      const policy = idReusePolicy === undefined ? {} : { idReusePolicy }
      const given = query({ instanceID: instanceId, ...startTime, ...policy })
      const tagged = Object.entries(tags)
        .map((tag) => `&tag=${encodeURIComponent(tag.join(':'))}`)
        .join('')
      const body = await send({
        method: 'POST',
        path: `${workflowsPath}/${segment(workflowName, 'workflow name')}/start${given}${tagged}`,
        headers: keyHeader(idempotencyKey),
        body: input,
      })
      return { instanceId: startedId(body) }
    },
    get: async (instanceId) => getView(send, instanceId),
    history: async (instanceId) => getHistory(send, instanceId),
    waitFor: async (instanceId, until, timeoutMs) => waitFor(send, instanceId, until, timeoutMs),
    async raiseEvent({ instanceId, eventName, data, eventId }) {
      const path = `${instancePath(instanceId)}/raiseEvent/${segment(eventName, 'event name')}`
      await send({ method: 'POST', path, headers: keyHeader(eventId), body: data })
    },
    async suspend(instanceId, reason) {
      await command(instanceId, 'pause', reason === undefined ? reason : JSON.stringify({ reason }))
    },
    async resume(instanceId, reason) {
      await command(instanceId, 'resume', reason === undefined ? reason : JSON.stringify({ reason }))
    },
    async terminate(instanceId, output, { recursive = true } = {}) {
      const members = [
        ...(output === undefined ? [] : [`"output":${output}`]),
        ...(recursive ? [] : ['"recursive":false']),
      ]
      await command(instanceId, 'terminate', members.length > 0 ? `{${members.join()}}` : undefined)
    },
    async purge(instanceId, { recursive = true, force = false } = {}) {
      const path = `${instancePath(instanceId)}/purge`
      const members = { ...(!recursive && { recursive }), ...(force && { force }) }
      const body = recursive && !force ? undefined : JSON.stringify(members)
      await send({ method: 'POST', path, body, doneIfRetried: 'ERR_INSTANCE_ID_NOT_FOUND' })
    },
  }
}

async function getView(
  send: Send,
  instanceId: string,
  waiting = '',
  heldMs = 0,
): Promise<InstanceView | undefined> {
  try {
    return fromWireStatus(await send({ method: 'GET', path: instancePath(instanceId) + waiting, heldMs }))
  } catch (error) {
    if (isTenutoError(error, 'ERR_INSTANCE_ID_NOT_FOUND')) return undefined
    throw error
  }
}

/** Page by page. */
async function getHistory(send: Send, instanceId: string): Promise<WorkflowHistory> {
  const path = `${instancePath(instanceId)}/history`
  const episodes: WorkflowHistory['episodes'][number][] = []
  for (;;) {
    const after = query({ after: String(episodes.at(-1)?.n ?? 0) })
    const page = fromWireHistory(await send({ method: 'GET', path: path + after }))
    episodes.push(...page.episodes)
    if (!page.more || page.episodes.length === 0)
      return { instanceId, workflowName: page.workflowName, episodes }
  }
}

/** Asks again and again, each time for as long as the server holds an answer. */
async function waitFor(
  send: Send,
  instanceId: string,
  until: WaitUntil,
  timeoutMs: number,
): Promise<InstanceView | undefined> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const leftMs = Math.max(0, end - performance.now())
    const heldMs = Math.min(Math.ceil(leftMs), limits.waitSeconds * 1000)
    const askedAt = performance.now()
    const view = await getView(send, instanceId, waitQuery(until, heldMs), heldMs)
    if (!view || hasReached(view, until) || performance.now() >= end) return view
    if (performance.now() - askedAt < heldMs / 2)
      await sleep(Math.min(earlyAnswerPauseMs, end - performance.now()))
  }
}

function waitQuery(until: WaitUntil, heldMs: number): string {
  const target =
    typeof until === 'string' ? { until } : { until: 'change', since: until.changeSince.toISOString() }
  return query({ wait: String(heldMs / 1000), ...target })
}
