// The same workflow with the same input once more: as another instance, or as another life of the same id.

import { type ErrorCode, TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { checkKey } from './checks.ts'
import { liveDescendant } from './descendants.ts'
import { existing } from './external-facts.ts'
import { viewOf } from './instance-view.ts'
import { lastDuty } from './last-duty.ts'
import { newLife, ringIfNotBegun, ringStart } from './new-life.ts'
import type { Ports } from './ports.ts'
import { replace } from './replace.ts'
import type { InstanceRow } from './rows.ts'
import type { RestartRequest } from './running-again.ts'
import { startInstance } from './start-instance.ts'
import { traced, traceStart } from './tracing.ts'

export async function restartInstance(
  ports: Ports,
  { instanceId, newInstanceId, idempotencyKey }: RestartRequest,
): Promise<{ instanceId: string }> {
  checkKey(idempotencyKey, 'An idempotency key')
  const row = await existing(ports, instanceId)
  const { name: workflowName, input, tags, startDigest, startKey } = row
  const start = { ...(input !== undefined && { input }), ...(tags && { tags }) }
  if (newInstanceId !== undefined && newInstanceId !== instanceId) {
    const key = idempotencyKey === undefined ? {} : { idempotencyKey }
    const id = { workflowName, instanceId: newInstanceId }
    return startInstance(ports, { ...start, ...key, ...id, idReusePolicy: 'failIfExists' })
  }
  const span = traceStart(ports, { instanceId, name: workflowName }, undefined)
  const life = newLife(ports, {
    instanceId,
    name: workflowName,
    ...start,
    startDigest,
    // The start that made the first life is known by its key still.
    ...(startKey !== undefined && { startKey }),
    ...(idempotencyKey !== undefined && { againKey: idempotencyKey }),
    ...(span.trace !== undefined && { trace: span.trace }),
  })
  return traced(span, beginAnew(ports, row, 'ERR_RESTART_WORKFLOW', life))
}

/**
 * Another life of an id whose present one has ended, with its descendants.
 * @throws TenutoError with the code when it has not, or when somebody else was faster
 */
export async function beginAnew(
  ports: Ports,
  ended: InstanceRow,
  code: ErrorCode,
  row: InstanceRow,
): Promise<{ instanceId: string }> {
  const { instanceId } = ended
  const isDone = ({ againKey }: InstanceRow): boolean =>
    row.againKey !== undefined && againKey === row.againKey
  if (!isDone(ended)) {
    if (!isTerminal(ended.status)) throw notEnded(ended, code)
    const live = await liveDescendant(ports, ended)
    if (live) {
      await ringIfNotBegun(ports, live)
      const message = `Instance '${instanceId}' has ended (${ended.status}), but not its descendant '${live.instanceId}' (${live.status}).`
      throw new TenutoError(code, message)
    }
    await lastDuty(ports, ended)
  }
  const present = isDone(ended) ? ended : await replace(ports, ended, row)
  if (present && !isDone(present)) throw notEnded(present, code)
  if (!present || (present.episode === 0 && !isTerminal(present.status)))
    await ringStart(ports, present ?? row)
  return { instanceId }
}

function notEnded(row: InstanceRow, code: ErrorCode): TenutoError {
  const message = `Instance '${row.instanceId}' is ${viewOf(row).status}; only one that has ended can begin anew.`
  return new TenutoError(code, message)
}
