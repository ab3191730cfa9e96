// What an instance waits for.

import { eventKey } from '../engine/events.ts'
import { absorb, emptyState } from '../runtime/instance-state.ts'
import { viewOf } from '../runtime/instance-view.ts'
import type { Store } from '../runtime/ports.ts'
import type { InstanceRow } from '../runtime/rows.ts'
import type { App } from '../workflow/app.ts'
import { isTerminal } from '../workflow/status.ts'
import { executionOf, generationsOf } from './past.ts'

/** `'order-7' is RUNNING and waits for the event 'approval'`. Replays the instance to find out. */
export async function describeWaiting(app: App, store: Store, instanceId: string): Promise<string> {
  const row = await store.getInstance(instanceId)
  if (!row) return `there is no instance '${instanceId}'`
  const { status, failure } = viewOf(row)
  const is = `'${instanceId}' is ${status}`
  if (failure) return `${is}: ${failure.message}`
  if (status === 'SUSPENDED' || isTerminal(status)) return is
  const generation = generationsOf(await store.readHistory(row)).at(-1)
  const execution = generation && executionOf(app, generation)
  if (!generation || !execution || generation.turns.length === 0) return is
  await execution.run(generation.turns.map(({ turn }) => turn))
  const events = execution.events.waitedNames.map((name) => `the event '${name}'`)
  const others = [...execution.pending.values()].map(({ label }) => label)
  return `${is} and waits for ${[...events, ...others].join(', ') || 'nothing'}`
}

/** When its wait for an event, made with a timeout, is over, in ms; undefined when it does not wait so. */
export async function dueOfWait(
  store: Store,
  row: InstanceRow,
  eventName: string,
): Promise<number | undefined> {
  const state = emptyState(row)
  const { episodes } = await store.read(row)
  for (const episode of episodes) absorb(state, episode)
  const dues = [...state.outstanding.values()].flatMap((command) => {
    if (command.kind !== 'createTimer' || command.origin?.kind !== 'externalEvent') return []
    return eventKey(command.origin.name) === eventKey(eventName) ? [command.dueAt] : []
  })
  return dues.length === 0 ? undefined : Math.min(...dues)
}
