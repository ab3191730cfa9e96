// The completion of an activity from outside, by its token. It is a fact from outside (R14) under the id of the task's outcome, so it
// counts once, however often it is told and whoever else has an outcome for the task.

import { isTaskOutcome, type TaskCompleted, type TaskFailed, taskFactId } from '../engine/events.ts'
import { TenutoError } from '../workflow/errors.ts'
import { boundedFailure, type FailureDetails } from '../workflow/failure.ts'
import type { Payload } from '../workflow/payload.ts'
import { isTerminal } from '../workflow/status.ts'
import { asksFor, invalidToken, parseToken, type TokenAddress } from './activity-token.ts'
import { cancels } from './activity-verdict.ts'
import { checkPayload } from './checks.ts'
import { outcomeDigest } from './digest.ts'
import type { Episode } from './episode.ts'
import { existing } from './external-facts.ts'
import { doorbell } from './messages.ts'
import type { Ports } from './ports.ts'

interface CompleteActivityRequest {
  /** From `ctx.completeLater()`. */
  readonly token: string
  readonly output?: Payload
}

interface FailActivityRequest {
  /** From `ctx.completeLater()`. */
  readonly token: string
  readonly failure: FailureDetails
}

/** Completions of activities from outside; each may throw what every operation may, see `Management`. */
export interface ActivityCompletions {
  /**
   * Completes an activity that has called `completeLater`. Once it resolves, the outcome counts, unless another one (a timeout, another run
   * of the same attempt) came first. The same completion again has no further effect.
   * @throws TenutoError `ERR_ACTIVITY_TOKEN_INVALID`, `ERR_COMPLETE_ACTIVITY` (nobody waits any more), `ERR_ACTIVITY_OUTCOME_CONFLICT`
   */
  completeActivity(request: CompleteActivityRequest): Promise<void>
  /** As `completeActivity`, with a failure that the retry policy sees. */
  failActivity(request: FailActivityRequest): Promise<void>
}

type Outcome = TaskCompleted | TaskFailed

export async function completeActivity(
  ports: Ports,
  { token, output }: CompleteActivityRequest,
): Promise<void> {
  checkPayload(output, 'The output')
  await settle(ports, token, ({ generation, seq }) => ({
    kind: 'taskCompleted',
    generation,
    seq,
    ...(output !== undefined && { output }),
  }))
}

export async function failActivity(ports: Ports, { token, failure }: FailActivityRequest): Promise<void> {
  const details: FailureDetails = boundedFailure(failure)
  await settle(ports, token, ({ generation, seq }) => ({
    kind: 'taskFailed',
    generation,
    seq,
    failure: details,
  }))
}

/** Once it resolves, the outcome is the task's, unless another one was under way already. */
async function settle(
  ports: Ports,
  token: string,
  outcomeOf: (address: TokenAddress) => Outcome,
): Promise<void> {
  const { address, isGenuine } = parseToken(token)
  const row = await existing(ports, address.instanceId)
  if (row.incarnation !== address.incarnation) throw notOpen(address, 'the instance began another life')
  const { episodes } = await ports.store.read(row, address.episode - 1)
  const asking = episodes.find((episode) => asksFor(episode, address.generation, address.seq))
  if (!asking) throw notOpen(address, 'its generation is over')
  if (!isGenuine(asking.nonce)) throw invalidToken('This activity token is not genuine.')
  const event = outcomeOf(address)
  const digest = outcomeDigest(event)
  if (isToldAlready(address, episodes, digest)) return
  const end = endOf(address, episodes)
  if (end !== undefined) throw notOpen(address, end)
  const factId = taskFactId(address.generation, address.seq)
  const present = await ports.store.putInbox(row, {
    factId,
    event,
    acceptedAt: ports.clock.now(),
    digest,
  })
  if (present && present.digest !== digest) throw otherOutcome(address)
  await ports.queue.send([doorbell(row, ports.newId(), [factId])])
}

/** @throws TenutoError `ERR_ACTIVITY_OUTCOME_CONFLICT` when the history has another outcome for the task */
function isToldAlready(address: TokenAddress, episodes: readonly Episode[], digest: string): boolean {
  const outcome = episodes
    .flatMap(({ events }) => events)
    .filter(isTaskOutcome)
    .find(({ generation, seq }) => generation === address.generation && seq === address.seq)
  if (!outcome) return false
  if (outcomeDigest(outcome) === digest) return true
  throw otherOutcome(address)
}

/** Why nobody waits for the task any more. */
function endOf(address: TokenAddress, episodes: readonly Episode[]): string | undefined {
  const { generation } = address
  if (episodes.some((episode) => cancels(episode, address))) return 'its workflow has cancelled it'
  const newest = episodes.at(-1)
  if (newest && isTerminal(newest.status)) return `the instance has ended (${newest.status})`
  const isOver = episodes.some((episode) => episode.generation === generation && episode.continuedAsNew)
  return isOver ? 'its generation is over' : undefined
}

function notOpen({ instanceId, seq }: TokenAddress, why: string): TenutoError {
  return new TenutoError(
    'ERR_COMPLETE_ACTIVITY',
    `Activity #${seq} of '${instanceId}' cannot be completed: ${why}.`,
  )
}

function otherOutcome({ instanceId, seq }: TokenAddress): TenutoError {
  return new TenutoError(
    'ERR_ACTIVITY_OUTCOME_CONFLICT',
    `Activity #${seq} of '${instanceId}' has another outcome already: it was completed, has failed, or its time was up.`,
  )
}
