// Facts from outside: into the inbox first, then a doorbell; only then are they accepted (R14).

import { type ExternalFact, factIdOf } from '../engine/events.ts'
import { type ErrorCode, TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { isTerminal } from '../workflow/status.ts'
import { checkKey, checkName, checkPayload } from './checks.ts'
import { eventDigest } from './digest.ts'
import type { RaiseEventRequest } from './management.ts'
import { doorbell } from './messages.ts'
import type { Ports } from './ports.ts'
import type { InboxRow, InstanceRow } from './rows.ts'
import { traced, traceRaise } from './tracing.ts'

export async function raiseEvent(ports: Ports, request: RaiseEventRequest): Promise<void> {
  const { instanceId, eventName: name, trace } = request
  await traced(traceRaise(ports, { instanceId, name }, trace), raise(ports, request))
}

async function raise(ports: Ports, request: RaiseEventRequest): Promise<void> {
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

export async function control(
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
export async function accept(
  ports: Ports,
  row: InstanceRow,
  event: ExternalFact,
  digest?: string,
): Promise<void> {
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
  await ports.queue.send([doorbell(row, ports.newId(), [event.id])])
}

export async function existing(ports: Ports, instanceId: string): Promise<InstanceRow> {
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

export function because(reason: string | undefined): { reason?: string } {
  if (reason === undefined) return {}
  if (reason.length <= limits.reasonCharacters) return { reason }
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `The reason has ${reason.length} characters; the limit is ${limits.reasonCharacters}.`,
  )
}
