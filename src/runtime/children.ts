// Parent and child: the child's row is made once, its outcome is told once.

import type { CreateChild } from '../engine/commands.ts'
import { factIdOf, isTaskOutcome, type ParentLink, startFactId, taskFactId } from '../engine/events.ts'
import { TenutoError } from '../workflow/errors.ts'
import { type FailureDetails, failureOf } from '../workflow/failure.ts'
import { limits } from '../workflow/limits.ts'
import { caughtUp, isOver, liveDescendant } from './descendants.ts'
import { startDigest } from './digest.ts'
import type { DispatchOrder } from './dispatch.ts'
import { heirOf } from './heirs.ts'
import { type InstanceState, parentOf } from './instance-state.ts'
import { lastDuty } from './last-duty.ts'
import { doorbell, type Message } from './messages.ts'
import { newLife, ringIfNotBegun } from './new-life.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'
import { replace } from './replace.ts'
import type { InstanceRow } from './rows.ts'
import { outcomeOf, refuseChild, tellParent } from './tell-parent.ts'
import { traceOf } from './trace-context.ts'

/** Children whose rows are made at once. */
const childrenAtOnce = 20

/** Creates the children of a turn, several at once. Of those that are given the same id the first one gets it. @returns the doorbells */
export async function createChildren(
  ports: Ports,
  state: InstanceState,
  order: DispatchOrder,
  commands: readonly CreateChild[],
): Promise<Message[]> {
  if (commands.length === 0) return []
  const rings: Message[] = []
  const answers = order.mode === 'first' ? noAnswers : await answersOf(ports, state)
  const isOpen = (command: CreateChild): boolean => {
    const factId = taskFactId(order.episode.generation, command.seq)
    if (answers.waiting.has(factId)) rings.push(doorbell(state.key, ports.newId(), [factId]))
    return !answers.waiting.has(factId) && !answers.heard.has(factId)
  }
  const byId = [...Map.groupBy(commands.filter(isOpen), ({ instanceId }) => instanceId).values()]
  await eachInParallel(byId, childrenAtOnce, async (rivals) => {
    for (const command of rivals) rings.push(...(await createChild(ports, state, order, command)))
  })
  return rings
}

/** Outcomes of the parent's calls, by fact id: those that it has heard, unseen by who dispatches, and those that wait for it. */
interface Answers {
  readonly heard: ReadonlySet<string>
  readonly waiting: ReadonlySet<string>
}

const noAnswers: Answers = { heard: new Set(), waiting: new Set() }

/**
 * What a dispatch that is repeated must know: a child may have been refused at the first one, and its id be free by now. It would run, and
 * nobody would hear of it.
 */
async function answersOf({ store }: Ports, { key, n }: InstanceState): Promise<Answers> {
  const { episodes, inbox } = await store.read(key, n)
  const heard = episodes.flatMap(({ events }) => events.filter(isTaskOutcome).map(factIdOf))
  return { heard: new Set(heard), waiting: new Set(inbox.map(({ factId }) => factId)) }
}

/** Creates the child's row, once, and rings for its start. An id that somebody else holds is a failure that the parent hears of. */
async function createChild(
  ports: Ports,
  state: InstanceState,
  { episode, mode }: DispatchOrder,
  command: CreateChild,
): Promise<Message[]> {
  const parent = linkTo(state, episode.generation, command)
  if (parent.depth > limits.childDepth) {
    const message = `Child workflows are nested deeper than ${limits.childDepth} levels.`
    return refuseChild(ports, parent, notStarted(message))
  }
  const row = childRow(ports, state, command, parent)
  let present = await ports.store.createInstance(row)
  if (present && isOfFormerLife(present, parent)) present = await caughtUp(ports, present)
  // An instance that has ended gives its id up, as at a start from outside.
  if (present && isOver(present) && !isMine(present, parent)) {
    const heir = await heirOf(ports, state, present, row)
    if (heir.status === 'COMPLETED') return tellParent(ports, parent, outcomeOf(parent, heir))
    const live = present.purgedAt === undefined && (await liveDescendant(ports, present))
    if (live) {
      await ringIfNotBegun(ports, live)
      const why = ` and its descendant '${live.instanceId}' has not ended`
      return refuseChild(ports, parent, occupied(command, why))
    }
    await lastDuty(ports, present)
    present = await replace(ports, present, heir)
  }
  if (!present) return [doorbell(row, ports.newId(), [startFactId])]
  if (!isMine(present, parent)) {
    await ringIfNotBegun(ports, present)
    return refuseChild(ports, parent, occupied(command))
  }
  // One that has begun guards itself; a second ring would only make work.
  const begun = mode === 'nudge' && present.episode > 0
  return isOver(present) || begun ? [] : [doorbell(present, ports.newId(), [startFactId])]
}

/**
 * Passes a termination on to the children that the terminated parent still waited for. One that is not there yet is made, so that nobody
 * makes it later. @returns the doorbells
 */
export async function terminateChildren(ports: Ports, state: InstanceState): Promise<Message[]> {
  const rings: Message[] = []
  const commands = [...state.outstanding.values()].filter((command) => command.kind === 'createChild')
  await eachInParallel(commands, childrenAtOnce, async (command) => {
    const parent = linkTo(state, state.generation, command)
    const row = childRow(ports, state, command, parent)
    const child = (await ports.store.createInstance(row)) ?? row
    if (isOver(child) || !isMine(child, parent)) return
    const id = `c:${parent.incarnation}/${parent.generation}.${parent.seq}`
    const event = { kind: 'executionTerminated', id } as const
    await ports.store.putInbox(child, { factId: id, event, acceptedAt: ports.clock.now() })
    rings.push(doorbell(child, ports.newId(), [id]))
  })
  return rings
}

function linkTo(state: InstanceState, generation: number, { seq }: CreateChild): ParentLink {
  return { ...state.key, generation, seq, depth: (parentOf(state)?.depth ?? 0) + 1 }
}

function childRow(
  ports: Ports,
  { started }: InstanceState,
  command: CreateChild,
  parent: ParentLink,
): InstanceRow {
  return newLife(ports, {
    instanceId: command.instanceId,
    name: command.name,
    ...(command.input !== undefined && { input: command.input }),
    parent,
    ...retryLink(command),
    ...(parent.generation === started?.generation && traceOf(started)),
    startDigest: startDigest(command.name, command.input, undefined),
  })
}

/** A child that is tried again is known by the instance of its first attempt. */
function retryLink({ retry }: CreateChild): Pick<InstanceRow, 'retryOf'> {
  const { attempt = 1, firstInstanceId } = retry ?? {}
  return firstInstanceId === undefined ? {} : { retryOf: { instanceId: firstInstanceId, attempt } }
}

function isMine(row: InstanceRow, parent: ParentLink): boolean {
  const link = row.parent
  return (
    link?.incarnation === parent.incarnation &&
    link.generation === parent.generation &&
    link.seq === parent.seq
  )
}

/** Made by another life of the same parent: that one is over, and nobody waits for this child. */
function isOfFormerLife({ parent: link }: InstanceRow, parent: ParentLink): boolean {
  return link?.instanceId === parent.instanceId && link.incarnation !== parent.incarnation
}

function notStarted(message: string): FailureDetails {
  return failureOf(new TenutoError('CHILD_NOT_STARTED', message))
}

/** Another attempt may succeed: the id may be free by then. */
function occupied({ instanceId }: CreateChild, why = ''): FailureDetails {
  const { nonRetriable: _, ...failure } = notStarted(
    `An instance with the id '${instanceId}' already exists${why}.`,
  )
  return failure
}
