// Runs inline activities: those that the host which committed them runs itself, under its lease (R12).

import { factIdOf, taskFactId } from '../engine/events.ts'
import { assert } from '../workflow/errors.ts'
import { activityMessage } from './dispatch.ts'
import type { InstanceState } from './instance-state.ts'
import type { AdvanceHost } from './load.ts'
import type { OwnFact } from './own-facts.ts'

/** Runs, side by side, those that wait and have no outcome yet. @param done fact ids of outcomes that are still to be committed */
export async function runInline(
  host: AdvanceHost,
  state: InstanceState,
  done: ReadonlySet<string>,
): Promise<readonly OwnFact[]> {
  const { key, generation, lease } = state
  assert(lease, 'inline activities wait without a lease')
  // What runs now cannot be taken back, so what it rests on must not be either.
  await host.ports.store.settled()
  const open = [...state.inline].filter((seq) => !done.has(taskFactId(generation, seq)))
  return Promise.all(
    open.map(async (seq) => {
      const command = state.outstanding.get(seq)
      assert(command?.kind === 'scheduleTask', `inline activity #${seq} is not outstanding`)
      const event = await host.runInline(activityMessage(host.ports, key, { generation }, command))
      return { factId: factIdOf(event), event, token: lease.by }
    }),
  )
}
