// Rerun: a new instance that takes up the past of another, up to one of its commands, and goes on from there.

import type { PastLink } from '../engine/events.ts'
import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { checkChildId, checkKey, checkPayload, checkStart } from './checks.ts'
import { rerunDigest } from './digest.ts'
import { existing } from './external-facts.ts'
import { viewOf } from './instance-view.ts'
import { newLife } from './new-life.ts'
import { lastGeneration, pastUpTo, type RerunTarget, rerunTarget } from './past.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'
import type { RerunRequest } from './running-again.ts'
import { createLife } from './start-instance.ts'

export async function rerunInstance(ports: Ports, request: RerunRequest): Promise<{ instanceId: string }> {
  const { instanceId, eventId, newInstanceId = ports.newId(), input, newChildInstanceId } = request
  checkKey(request.idempotencyKey, 'An idempotency key')
  checkPayload(input, 'The input')
  if (newChildInstanceId !== undefined) checkChildId(newChildInstanceId)
  if (newInstanceId === instanceId)
    throw invalid(`A rerun is another instance: its id must not be '${instanceId}', which is rerun.`)
  const source = await existing(ports, instanceId)
  checkStart(newInstanceId, source.name, undefined)
  refuse(source)
  const { episodes } = await ports.store.read(source)
  const generation = lastGeneration(episodes)
  const target = generation && rerunTarget(generation, eventId)
  if (!target) {
    throw new TenutoError(
      'ERR_RERUN_EVENT_NOT_FOUND',
      `The last generation of instance '${instanceId}' has no activity, timer or child with the number ${eventId}.`,
    )
  }
  checkTarget(target, request)
  const past = pastUpTo(generation, target, linkOf(source, generation.started.generation, target, request))
  const given = past.started.input
  const row = newLife(ports, {
    instanceId: newInstanceId,
    name: source.name,
    ...(given !== undefined && { input: given }),
    ...(source.tags && { tags: source.tags }),
    rerunOf: { instanceId, eventId },
    past,
    startDigest: rerunDigest(source.incarnation, eventId, input, newChildInstanceId),
    ...(request.idempotencyKey !== undefined && { startKey: request.idempotencyKey }),
  })
  return createLife(ports, row, 'failIfExists')
}

function refuse(source: InstanceRow): void {
  const { instanceId, parent, status } = source
  if (!isTerminal(status))
    throw refusal(
      `Instance '${instanceId}' is ${viewOf(source).status}; only one that has ended can be rerun.`,
    )
  if (parent)
    throw refusal(
      `Instance '${instanceId}' is a child; only a root can be rerun, such as its parent '${parent.instanceId}'.`,
    )
}

function checkTarget({ kind, seq }: RerunTarget, { input, newChildInstanceId }: RerunRequest): void {
  if (kind === 'createTimer' && input !== undefined)
    throw invalid(`Number ${seq} is a timer, which takes no input.`)
  if (kind !== 'createChild' && newChildInstanceId !== undefined)
    throw invalid(`Number ${seq} is no child workflow, so there is no child to give an id.`)
}

function linkOf(
  { instanceId, incarnation }: InstanceRow,
  generation: number,
  target: RerunTarget,
  { input, newChildInstanceId }: RerunRequest,
): PastLink {
  const firstSeq = 'retry' in target ? target.retry?.firstSeq : undefined
  return {
    kind: 'rerun',
    instanceId,
    incarnation,
    generation,
    seq: target.seq,
    ...(firstSeq !== undefined && { firstSeq }),
    ...(input !== undefined && { input }),
    ...(newChildInstanceId !== undefined && { childInstanceId: newChildInstanceId }),
  }
}

function refusal(message: string): TenutoError {
  return new TenutoError('ERR_RERUN_WORKFLOW', message)
}

function invalid(message: string): TenutoError {
  return new TenutoError('INVALID_ARGUMENT', message)
}
