// Workflows that a workflow starts and does not wait for. A start is known by the command that asks for it, so it is made once however
// often the command is dispatched: the row of what was started tells of it, also when that has ended or was purged, and whoever takes its
// id over remembers it.

import type { StartWorkflow } from '../engine/commands.ts'
import { isTerminal } from '../workflow/status.ts'
import { isOver, liveDescendant } from './descendants.ts'
import { startDigest } from './digest.ts'
import type { DispatchOrder } from './dispatch.ts'
import type { InstanceState } from './instance-state.ts'
import type { Doorbell, TimerMessage } from './messages.ts'
import { newLife, startMessage } from './new-life.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'
import { isFormer, replace } from './replace.ts'
import type { InstanceRow } from './rows.ts'
import { detachedKey } from './start-key.ts'
import { traceOf } from './trace-context.ts'

/** Who has asked for them. */
type Asker = Pick<InstanceState, 'key' | 'started'>

/** Rows that are made at once. */
const startsAtOnce = 20

/** What an ended life had asked of others, before a start takes its id. */
type LastDuty = (ports: Ports, ended: InstanceRow) => Promise<void>

/** Makes the rows, several at once. Of those that are given the same id the first one gets it. @returns what rings for them */
export async function startDetached(
  ports: Ports,
  state: Asker,
  order: Pick<DispatchOrder, 'episode' | 'unsure'>,
  commands: readonly StartWorkflow[],
  lastDuty: LastDuty,
): Promise<(Doorbell | TimerMessage)[]> {
  // Of what was asked for longer ago every trace may be gone, and here nobody knows that it was not dispatched.
  if (order.unsure && ports.clock.now() - order.episode.at > ports.store.keepsEndedMs) return []
  const rings: (Doorbell | TimerMessage)[] = []
  const byId = [...Map.groupBy(commands, ({ instanceId }) => instanceId).values()]
  await eachInParallel(byId, startsAtOnce, async (rivals) => {
    for (const command of rivals) {
      const row = await start(ports, detachedRow(ports, state, order, command), lastDuty)
      if (row) rings.push(startMessage(ports, row))
    }
  })
  return rings
}

/** @returns the row that is to be rung for; undefined when it has begun, or the start is dropped */
async function start(ports: Ports, row: InstanceRow, lastDuty: LastDuty): Promise<InstanceRow | undefined> {
  let present = await ports.store.createInstance(row)
  while (present && !hasStarted(present, row) && (await givesIdUp(ports, present))) {
    await lastDuty(ports, present)
    present = await replace(ports, present, row)
  }
  if (!present) return row
  if (present.startKey === row.startKey) return isOver(present) || present.episode > 0 ? undefined : present
  if (!hasStarted(present, row)) {
    ports.logger.warn('A start was dropped: the id is in use.', {
      instanceId: row.instanceId,
      workflow: row.name,
      startedBy: row.startKey,
    })
  }
  return undefined
}

function hasStarted(present: InstanceRow, row: InstanceRow): boolean {
  return present.startKey === row.startKey || isFormer(present, row)
}

/** As at a start from outside. */
async function givesIdUp(ports: Ports, present: InstanceRow): Promise<boolean> {
  if (present.purgedAt !== undefined) return true
  return isTerminal(present.status) && (await liveDescendant(ports, present)) === undefined
}

function detachedRow(
  ports: Ports,
  { key, started }: Asker,
  { episode }: Pick<DispatchOrder, 'episode'>,
  { seq, name, instanceId, input, startAt, tags }: StartWorkflow,
): InstanceRow {
  return newLife(ports, {
    instanceId,
    name,
    ...(input !== undefined && { input }),
    ...(startAt !== undefined && { startAt }),
    ...(tags && { tags }),
    ...(episode.generation === started?.generation && traceOf(started)),
    startDigest: startDigest(name, input, startAt),
    startKey: detachedKey(key, episode.generation, seq),
  })
}
