// Starting an instance: a conditional row, then a doorbell; only then is the start accepted (R14).

import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { checkKey, checkStart } from './checks.ts'
import { startDigest } from './digest.ts'
import { checkTags } from './instance-filter.ts'
import { viewOf } from './instance-view.ts'
import type { StartRequest } from './management.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

export async function startInstance(ports: Ports, request: StartRequest): Promise<{ instanceId: string }> {
  const { workflowName, input, startAt, idempotencyKey, tags } = request
  const instanceId = request.instanceId ?? ports.newId()
  checkStart(instanceId, workflowName, input)
  checkKey(idempotencyKey, 'An idempotency key')
  if (tags) checkTags(tags)
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
