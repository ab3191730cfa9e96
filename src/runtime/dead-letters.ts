// Messages that were delivered too often. A dead activity is a failure that the retry policy sees; a dead workflow message becomes a
// durable fact, and the instance STALLED with the reason. A dead carrier is still a carrier: guard duty first (R19). No workflow code
// runs here: it may be what killed the hosts.

import { type TaskFailed, taskFactId } from '../engine/events.ts'
import { TenutoError } from '../workflow/errors.ts'
import { failureOf } from '../workflow/failure.ts'
import { isTerminal } from '../workflow/status.ts'
import type { ActivityHandlerHost } from './activity-handler.ts'
import { advance } from './advance.ts'
import { guardDuty } from './guard-duty.ts'
import { absorb, emptyState } from './instance-state.ts'
import type { ActivityMessage, Delivery, WorkflowMessage } from './messages.ts'
import { timerFact } from './task-facts.ts'

export async function handleDead(host: ActivityHandlerHost, delivery: Delivery): Promise<void> {
  const { message } = delivery
  const key = { instanceId: message.instanceId, incarnation: message.incarnation }
  await host.exclusive(key, () =>
    message.kind === 'activity' ? failActivity(host, { ...delivery, message }) : keepFact(host, message),
  )
}

async function failActivity(host: ActivityHandlerHost, delivery: Delivery<ActivityMessage>): Promise<void> {
  const { generation, seq, name, instanceId, incarnation } = delivery.message
  const error = new TenutoError(
    'ACTIVITY_CRASHED',
    `Activity '${name}' was started ${delivery.receiveCount - 1} times and lost its host, or its outcome, each time.`,
  )
  // Where it must not begin twice it may have begun.
  const { nonRetriable, ...rest } = failureOf(error)
  const failure = { ...rest, ...(delivery.message.atMostOnce && { nonRetriable }) }
  const outcome: TaskFailed = { kind: 'taskFailed', generation, seq, failure }
  host.ports.logger.error(error.message, { instanceId, code: error.code })
  await advance(host, { key: { instanceId, incarnation }, deliveries: [delivery], outcomes: [outcome] })
}

async function keepFact({ ports, instances }: ActivityHandlerHost, message: WorkflowMessage): Promise<void> {
  const key = { instanceId: message.instanceId, incarnation: message.incarnation }
  instances.drop(key)
  const row = await ports.store.getInstance(key.instanceId, 'row')
  if (!row || row.incarnation !== key.incarnation || row.purgedAt !== undefined) return
  const { episodes } = await ports.store.read(key)
  const state = emptyState(key)
  for (const episode of episodes) absorb(state, episode)
  const tokens = new Map([[message.token, message.dispatchedTo ?? 0]])
  const order = { tokens, nudged: false, inDoubt: false, older: true, dispatched: new Set<number>() }
  await guardDuty(ports, state, order)
  if (isTerminal(state.status)) return
  if (message.kind === 'timer' && message.generation === state.generation) {
    const { generation, seq } = message
    const event = timerFact(state, message)
    await ports.store.putOutcomes(key, [
      { factId: taskFactId(generation, seq), event, acceptedAt: ports.clock.now() },
    ])
  }
  const error = new TenutoError(
    'TURN_CRASHED',
    `Turns of instance ${key.instanceId} failed or lost their host again and again.`,
  )
  const stall = { ...failureOf(error), mark: ports.newId() }
  await ports.store.setStalled(key, stall, ports.clock.now())
  // An append of a frozen host may have landed meanwhile; a later one is guarded by whoever sees the mark.
  const later = await ports.store.read(key, state.n)
  if (later.episodes.length > 0) {
    for (const episode of later.episodes) absorb(state, episode)
    await guardDuty(ports, state, order)
  }
  ports.logger.error(error.message, { instanceId: key.instanceId, code: error.code })
}
