// What a data folder knows of an instance while no server runs: the only witness after `kill -9` that cannot be mistaken.

import type { TaskCompleted } from '../../src/engine/events.ts'
import { openLocalBackend } from '../../src/local/index.ts'

/** Task ids of the activities whose outcome is durable, in the history or on its way there. */
export async function outcomesOnDisk(dataDir: string, instanceId: string): Promise<ReadonlySet<number>> {
  const backend = await openLocalBackend({ dataDir })
  try {
    const { store } = backend.ports
    const row = await store.getInstance(instanceId)
    if (!row) return new Set()
    const { episodes, inbox } = await store.read(row)
    const events = [...episodes.flatMap((episode) => episode.events), ...inbox.map(({ event }) => event)]
    return new Set(
      events.filter((event): event is TaskCompleted => event.kind === 'taskCompleted').map(({ seq }) => seq),
    )
  } finally {
    await backend.stop()
  }
}
