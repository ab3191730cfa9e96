// Rewind: the failed parts of a failed instance once more, in place. A new life of its id takes up all of its past but the failures.

import { TenutoError } from '../workflow/errors.ts'
import { checkKey } from './checks.ts'
import { existing } from './external-facts.ts'
import { viewOf } from './instance-view.ts'
import type { Ports } from './ports.ts'
import { pastToRewind } from './read-past.ts'
import { beginAnew } from './restart.ts'
import type { InstanceRow } from './rows.ts'
import type { RewindRequest } from './running-again.ts'

export async function rewindInstance(
  ports: Ports,
  { instanceId, idempotencyKey }: RewindRequest,
): Promise<{ instanceId: string }> {
  checkKey(idempotencyKey, 'An idempotency key')
  const row = await existing(ports, instanceId)
  const again = idempotencyKey === undefined ? {} : { againKey: idempotencyKey }
  if (idempotencyKey !== undefined && row.againKey === idempotencyKey)
    return beginAnew(ports, row, 'ERR_REWIND_WORKFLOW', row)
  refuse(row)
  const past = await pastToRewind(ports, row)
  if (!past) throw refusal(`The history of instance '${instanceId}' is not there any more.`)
  if (past === 'undone') {
    throw refusal(
      `Instance '${instanceId}' has undone what it had done (rollback): start it anew by a restart.`,
    )
  }
  const { output: _output, failure: _failure, customStatus: _status, unreadEvents: _unread, ...same } = row
  const { againKey: _key, stalled: _stalled, startAt: _startAt, ...kept } = same
  return beginAnew(ports, row, 'ERR_REWIND_WORKFLOW', {
    ...kept,
    ...again,
    incarnation: ports.newId(),
    status: 'PENDING',
    lastUpdatedAt: Math.max(row.lastUpdatedAt + 1, ports.clock.now()),
    episode: 0,
    past,
  })
}

function refuse({ instanceId, status, parent, ...row }: InstanceRow): void {
  if (status !== 'FAILED') {
    const shown = viewOf({ ...row, instanceId, status }).status
    throw refusal(`Instance '${instanceId}' is ${shown}; only one that has failed can be rewound.`)
  }
  if (parent) {
    throw refusal(
      `Instance '${instanceId}' is a child of '${parent.instanceId}', which has heard of its failure: rewind that one.`,
    )
  }
}

function refusal(message: string): TenutoError {
  return new TenutoError('ERR_REWIND_WORKFLOW', message)
}
