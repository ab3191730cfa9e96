// Starting an instance: a conditional row, then a doorbell; only then is the start accepted (R14).

import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { checkTags } from '../workflow/tags.ts'
import { checkKey, checkStart } from './checks.ts'
import { liveDescendant } from './descendants.ts'
import { startDigest } from './digest.ts'
import { viewOf } from './instance-view.ts'
import { lastDuty } from './last-duty.ts'
import type { IdReusePolicy, StartRequest } from './management.ts'
import { newLife, ringIfNotBegun, ringStart } from './new-life.ts'
import type { Ports } from './ports.ts'
import { isFormer, replace } from './replace.ts'
import type { InstanceRow } from './rows.ts'
import { traced, traceStart } from './tracing.ts'

export async function startInstance(ports: Ports, request: StartRequest): Promise<{ instanceId: string }> {
  const { workflowName, instanceId = ports.newId(), trace: parent } = request
  const span = traceStart(ports, { instanceId, name: workflowName }, parent)
  return traced(span, start(ports, { ...request, instanceId }, span.trace))
}

/** @param trace where the instance shall be in a trace */
async function start(
  ports: Ports,
  request: StartRequest & { readonly instanceId: string },
  trace: string | undefined,
): Promise<{ instanceId: string }> {
  const { instanceId, workflowName, input, startAt, idempotencyKey, tags } = request
  const { idReusePolicy = 'replaceFinished' } = request
  checkStart(instanceId, workflowName, input)
  checkKey(idempotencyKey, 'An idempotency key')
  if (tags) checkTags(tags)
  const row = newLife(ports, {
    instanceId,
    name: workflowName,
    ...(startAt !== undefined && startAt > ports.clock.now() && { startAt }),
    ...(input !== undefined && { input }),
    ...(tags && { tags }),
    ...(trace !== undefined && { trace }),
    startDigest: startDigest(workflowName, input, startAt),
    ...(idempotencyKey !== undefined && { startKey: idempotencyKey }),
  })
  return createLife(ports, row, idReusePolicy)
}

/** Puts the row of a new life, if its id is free or is given up, and rings for its start. */
export async function createLife(
  ports: Ports,
  row: InstanceRow,
  idReusePolicy: IdReusePolicy,
): Promise<{ instanceId: string }> {
  let present = await ports.store.createInstance(row)
  while (present && givesIdUp(present, row, idReusePolicy)) {
    await refuseLiveDescendants(ports, present)
    await lastDuty(ports, present)
    present = await replace(ports, present, row)
  }
  if (present) refuseOther(present, row, idReusePolicy)
  if (!present || (present.episode === 0 && !isTerminal(present.status)))
    await ringStart(ports, present ?? row)
  return { instanceId: row.instanceId }
}

function isRepetition(present: InstanceRow, row: InstanceRow): boolean {
  return row.startKey !== undefined && present.startKey === row.startKey
}

/** An ended or purged instance gives its id up, except to a repetition of a start that has had the id. */
function givesIdUp(present: InstanceRow, row: InstanceRow, policy: IdReusePolicy): boolean {
  if (isRepetition(present, row) || isFormer(present, row)) return false
  if (present.purgedAt !== undefined) return true
  return policy === 'replaceFinished' && isTerminal(present.status)
}

/** A child with a default id would meet the child of the old life that has it. */
async function refuseLiveDescendants(ports: Ports, present: InstanceRow): Promise<void> {
  if (present.purgedAt !== undefined) return
  const live = await liveDescendant(ports, present)
  if (!live) return
  await ringIfNotBegun(ports, live)
  throw new TenutoError(
    'ERR_START_WORKFLOW',
    `Instance '${present.instanceId}' has ended (${present.status}), but not its descendant '${live.instanceId}' (${live.status}).`,
  )
}

/** Whether what has the id lets this start pass for the one that made it. */
function refuseOther(present: InstanceRow, row: InstanceRow, policy: IdReusePolicy): void {
  const { instanceId, name } = present
  if (isFormer(present, row)) {
    throw new TenutoError(
      'ERR_START_WORKFLOW',
      `The instance '${instanceId}' was started with this idempotency key before, and its id has been used again since: a new start takes a new key.`,
    )
  }
  if (present.purgedAt !== undefined) {
    throw new TenutoError(
      'ERR_START_WORKFLOW',
      `The instance '${instanceId}' was started with this idempotency key before, and has been purged since: a new start takes a new key.`,
    )
  }
  const repeated = isRepetition(present, row)
  if (policy === 'ifNotExists' && !repeated) return
  const exists = `An instance with the id '${instanceId}' already exists (${name}, ${viewOf(present).status})`
  if (policy === 'failIfExists' && !repeated) throw new TenutoError('ERR_START_WORKFLOW', `${exists}.`)
  if (present.startDigest !== row.startDigest) {
    throw new TenutoError('ERR_START_WORKFLOW', `${exists} and was started with something else.`)
  }
}
