import { nudge } from './messages.ts'
import type { Ports } from './ports.ts'

/** Nudges every stalled instance: with code that fits it goes on, without it stalls again and nothing is lost. */
export async function recoverStalled(ports: Ports): Promise<number> {
  let count = 0
  let pageToken: string | undefined
  do {
    const page = await ports.store.list({
      statuses: ['STALLED'],
      limit: 100,
      ...(pageToken !== undefined && { pageToken }),
    })
    for (const { instanceId, incarnation } of page.instances) {
      const key = { instanceId, incarnation }
      const { episodes } = await ports.store.read(key)
      const episode = episodes.at(-1)?.n ?? 0
      await ports.queue.send([nudge(key, ports.newId(), episode)])
      count++
    }
    pageToken = page.pageToken
  } while (pageToken !== undefined)
  return count
}
