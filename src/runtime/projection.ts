// What an episode changes on the row of its instance.

import type { Episode } from './episode.ts'
import { type LiveInstance, shownAfter } from './live-instance.ts'
import type { Ports } from './ports.ts'
import type { Projection } from './rows.ts'

export function projectionOf(
  { n, at, status, customStatus, output, failure }: Episode,
  lastUpdatedAt = at + 1,
): Projection {
  return {
    episode: n,
    status,
    lastUpdatedAt,
    ...(customStatus !== undefined && { customStatus }),
    ...(output !== undefined && { output }),
    ...(failure && { failure }),
  }
}

/** Shows an episode on the row of its instance, where there is something to see: most episodes cost no write here. */
export async function show(ports: Ports, live: LiveInstance, episode: Episode): Promise<void> {
  const { status, customStatus } = episode
  const { shown, state } = live
  const next = shownAfter(shown, episode)
  if (shown.status !== status || shown.customStatus !== customStatus) {
    await ports.store.projectStatus(state.key, projectionOf(episode, next.at))
  }
  live.shown = next
}
