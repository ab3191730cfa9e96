// The management operations on the ports: facts go to the table first, then a doorbell rings; only then is anything accepted (R14).
import { type ExternalFact, factIdOf } from '../engine/events.ts'
import { type ErrorCode, TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { assertPayloadDepth, assertPayloadSize, type Payload } from '../workflow/payload.ts'
import { isTerminal } from '../workflow/status.ts'
import { eventDigest, startDigest } from './digest.ts'
import type { InstanceView, Management, RaiseEventRequest, StartRequest, WaitUntil } from './management.ts'
import type { InboxRow, InstanceRow, Ports } from './ports.ts'
import { waitForInstance } from './wait.ts'

export function createManagement(ports: Ports): Management {
  return {
    start: (request) => start(ports, request),
    get: (instanceId) => get(ports, instanceId),
    waitFor: (instanceId, until: WaitUntil, timeoutMs, signal) =>
      waitForInstance(ports, () => get(ports, instanceId), {
        instanceId,
        until,
        timeoutMs,
        ...(signal && { signal }),
      }),
    raiseEvent: (request) => raiseEvent(ports, request),
    suspend: (instanceId, reason) =>
      control(ports, instanceId, 'ERR_PAUSE_WORKFLOW', (id) => ({
        kind: 'executionSuspended',
        id,
        ...because(reason),
      })),
    resume: (instanceId, reason) =>
      control(ports, instanceId, 'ERR_RESUME_WORKFLOW', (id) => ({
        kind: 'executionResumed',
        id,
        ...because(reason),
      })),
    async terminate(instanceId, output) {
      checkPayload(output, 'The output')
      const row = await existing(ports, instanceId)
      if (isTerminal(row.status)) return
      await accept(ports, row, {
        kind: 'executionTerminated',
        id: `c:${ports.newId()}`,
        ...(output !== undefined && { output }),
      })
    },
    async purge(instanceId) {
      const row = await existing(ports, instanceId)
      if (!isTerminal(row.status) || !(await ports.store.purge(row, ports.clock.now()))) {
        throw new TenutoError(
          'ERR_PURGE_WORKFLOW',
          `Instance '${instanceId}' is ${viewOf(row).status}; only one that has ended can be purged.`,
        )
      }
    },
  }
}

async function start(ports: Ports, request: StartRequest): Promise<{ instanceId: string }> {
  const { workflowName, input, startAt, idempotencyKey, tags } = request
  const instanceId = request.instanceId ?? ports.newId()
  checkStart(instanceId, workflowName, input)
  checkKey(idempotencyKey, 'An idempotency key')
  const now = ports.clock.now()
  const row: InstanceRow = {
    instanceId,
    incarnation: ports.newId(),
    name: workflowName,
    status: 'PENDING',
    createdAt: now,
    lastUpdatedAt: now,
    ...(startAt !== undefined && startAt > now && { startAt }),
    ...(input !== undefined && { input }),
    ...(tags && { tags }),
    startDigest: startDigest(workflowName, input, startAt),
    ...(idempotencyKey !== undefined && { startKey: idempotencyKey }),
    episode: 0,
  }
  let present = await ports.store.createInstance(row)
  // An ended or purged instance gives its id up, except to a repetition of the very start that made it.
  while (
    present &&
    (isTerminal(present.status) || present.purgedAt !== undefined) &&
    !isRepetition(present, row)
  ) {
    present = await ports.store.createInstance(row, present.incarnation)
  }
  if (present && present.purgedAt === undefined && present.startDigest !== row.startDigest) {
    throw new TenutoError(
      'ERR_START_WORKFLOW',
      `An instance with the id '${instanceId}' already exists (${present.name}, ${viewOf(present).status}) and was started with something else.`,
    )
  }
  if (!present || (present.episode === 0 && !isTerminal(present.status)))
    await ringStart(ports, present ?? row)
  return { instanceId }
}

function isRepetition(present: InstanceRow, row: InstanceRow): boolean {
  return row.startKey !== undefined && present.startKey === row.startKey
}

async function ringStart(ports: Ports, row: InstanceRow): Promise<void> {
  const { instanceId, incarnation, startAt } = row
  const envelope = { v: 1, instanceId, incarnation, token: ports.newId() } as const
  if (startAt !== undefined && startAt > ports.clock.now()) {
    await ports.timers.schedule([{ ...envelope, kind: 'timer', generation: 0, seq: 0, dueAt: startAt }])
  } else {
    await ports.queue.send([{ ...envelope, kind: 'doorbell', factIds: ['start'] }])
  }
}

function checkStart(instanceId: string, workflowName: string, input: Payload): void {
  if (instanceId === '')
    throw new TenutoError('ERR_INSTANCE_ID_PROVIDED_MISSING', 'The instance id is empty.')
  if (characters(instanceId) > limits.instanceIdCharacters) {
    throw new TenutoError(
      'ERR_INSTANCE_ID_TOO_LONG',
      `The instance id has ${characters(instanceId)} characters; the limit is ${limits.instanceIdCharacters}.`,
    )
  }
  if (!/^[\p{L}\p{Nd}_-]+$/u.test(instanceId)) {
    throw new TenutoError(
      'ERR_INSTANCE_ID_INVALID',
      `The instance id '${instanceId}' is invalid: only letters, digits, _ and - are allowed.`,
    )
  }
  checkName(workflowName, 'ERR_WORKFLOW_NAME_MISSING', 'workflow')
  checkPayload(input, 'The input')
}

function checkKey(key: string | undefined, what: string): void {
  if (key === undefined || (key !== '' && key.length <= limits.eventIdCharacters)) return
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `${what} must have 1 to ${limits.eventIdCharacters} characters, got ${key.length}.`,
  )
}

function characters(text: string): number {
  return Array.from(text).length
}

function checkName(name: string, missing: ErrorCode, kind: string): void {
  if (name === '') throw new TenutoError(missing, `The ${kind} name is empty.`)
  if (name.length > limits.nameCharacters) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `The ${kind} name has ${name.length} characters; the limit is ${limits.nameCharacters}.`,
    )
  }
}

function checkPayload(payload: Payload, what: string): void {
  if (payload === undefined) return
  assertPayloadSize(payload, what)
  assertPayloadDepth(payload, what)
}

async function raiseEvent(ports: Ports, request: RaiseEventRequest): Promise<void> {
  const { instanceId, eventName, data, eventId } = request
  checkName(eventName, 'ERR_WORKFLOW_EVENT_NAME_MISSING', 'event')
  checkPayload(data, 'The event data')
  checkKey(eventId, 'An event id')
  const row = await existing(ports, instanceId)
  refuseEnded(row, 'ERR_RAISE_EVENT_WORKFLOW')
  const id = `e:${eventId ?? ports.newId()}`
  const event: ExternalFact = {
    kind: 'eventRaised',
    id,
    name: eventName,
    ...(data !== undefined && { input: data }),
  }
  await refuseFull(ports, row, id)
  await accept(ports, row, event, eventId === undefined ? undefined : eventDigest(eventName, data))
}

/** A full buffer takes nothing new; what it holds may be raised again. */
async function refuseFull(ports: Ports, row: InstanceRow, factId: string): Promise<void> {
  const waiting = (row.unreadEvents ?? 0) + (await ports.store.countInbox(row, limits.eventBuffer))
  if (waiting < limits.eventBuffer) return
  const { inbox, episodes } = await ports.store.read(row)
  const isHeld =
    inbox.some((each) => each.factId === factId) ||
    episodes.some(({ events }) => events.some((each) => factIdOf(each) === factId))
  if (isHeld) return
  throw new TenutoError(
    'ERR_EVENT_BUFFER_FULL',
    `${waiting} facts wait for instance '${row.instanceId}'; the limit is ${limits.eventBuffer}.`,
  )
}

async function control(
  ports: Ports,
  instanceId: string,
  ended: ErrorCode,
  fact: (id: string) => ExternalFact,
): Promise<void> {
  const row = await existing(ports, instanceId)
  refuseEnded(row, ended)
  await accept(ports, row, fact(`c:${ports.newId()}`))
}

/** Makes a fact durable, then rings for it. Doing it twice for the same fact is harmless. */
async function accept(ports: Ports, row: InstanceRow, event: ExternalFact, digest?: string): Promise<void> {
  const entry: InboxRow = {
    factId: event.id,
    event,
    acceptedAt: ports.clock.now(),
    ...(digest !== undefined && { digest }),
  }
  const present = await ports.store.putInbox(row, entry)
  if (present && present.digest !== digest) {
    throw new TenutoError(
      'ERR_EVENT_ID_CONFLICT',
      `The event id '${event.id.slice(2)}' was used before, with another name or other data.`,
    )
  }
  const { instanceId, incarnation } = row
  await ports.queue.send([
    { v: 1, kind: 'doorbell', instanceId, incarnation, token: ports.newId(), factIds: [event.id] },
  ])
}

async function existing(ports: Ports, instanceId: string): Promise<InstanceRow> {
  const row = await ports.store.getInstance(instanceId)
  if (row && row.purgedAt === undefined) return row
  throw new TenutoError(
    'ERR_INSTANCE_ID_NOT_FOUND',
    `unable to find workflow with the provided instance ID: ${instanceId}`,
  )
}

function refuseEnded(row: InstanceRow, code: ErrorCode): void {
  if (isTerminal(row.status))
    throw new TenutoError(code, `Instance '${row.instanceId}' has ended (${row.status}).`)
}

function because(reason: string | undefined): { reason?: string } {
  if (reason === undefined) return {}
  if (reason.length <= limits.reasonCharacters) return { reason }
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `The reason has ${reason.length} characters; the limit is ${limits.reasonCharacters}.`,
  )
}

async function get(ports: Ports, instanceId: string): Promise<InstanceView | undefined> {
  const row = await ports.store.getInstance(instanceId)
  return row && row.purgedAt === undefined ? viewOf(row) : undefined
}

/** An instance row as the outside sees it. */
export function viewOf(row: InstanceRow): InstanceView {
  const { instanceId, name, input, output, customStatus } = row
  const failure = row.failure ?? (isTerminal(row.status) ? undefined : row.stalled)
  const started = row.status === 'PENDING' && row.episode > 0 ? 'RUNNING' : row.status
  return {
    instanceId,
    workflowName: name,
    status: row.stalled && !isTerminal(row.status) ? 'STALLED' : started,
    createdAt: new Date(row.createdAt),
    lastUpdatedAt: new Date(row.lastUpdatedAt),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(customStatus !== undefined && { customStatus }),
    ...(failure && { failure }),
  }
}
