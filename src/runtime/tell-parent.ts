// What a parent hears of its child: the outcome, once. A child that was not started has one too.

import {
  type ChildWorkflowCompleted,
  type ChildWorkflowFailed,
  type ParentLink,
  taskFactId,
} from '../engine/events.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import type { Episode } from './episode.ts'
import { type InstanceState, parentOf } from './instance-state.ts'
import { doorbell, type Message } from './messages.ts'
import type { Ports } from './ports.ts'

export async function notifyParent(ports: Ports, state: InstanceState, episode: Episode): Promise<void> {
  const parent = parentOf(state)
  if (parent) await ports.queue.send(await tellParent(ports, parent, outcomeOf(parent, episode)))
}

/** @returns the doorbell for the failure of a child that was not started */
export async function refuseChild(
  ports: Ports,
  parent: ParentLink,
  failure: FailureDetails,
): Promise<Message[]> {
  const { generation, seq } = parent
  return tellParent(ports, parent, { kind: 'childWorkflowFailed', generation, seq, failure })
}

/** Puts the outcome into the parent's inbox, once. @returns the doorbell for it. */
export async function tellParent(
  ports: Ports,
  parent: ParentLink,
  event: ChildWorkflowCompleted | ChildWorkflowFailed,
): Promise<Message[]> {
  const factId = taskFactId(parent.generation, parent.seq)
  await ports.store.putInbox(parent, { factId, event, acceptedAt: ports.clock.now() })
  return [doorbell(parent, ports.newId(), [factId])]
}

export function outcomeOf(
  { generation, seq }: ParentLink,
  { status, output, failure }: Pick<Episode, 'status' | 'output' | 'failure'>,
): ChildWorkflowCompleted | ChildWorkflowFailed {
  return status === 'COMPLETED'
    ? { kind: 'childWorkflowCompleted', generation, seq, ...(output !== undefined && { output }) }
    : { kind: 'childWorkflowFailed', generation, seq, failure: failure ?? terminatedFailure }
}

const terminatedFailure = { errorType: 'WorkflowTerminated', message: 'The child workflow was terminated.' }
