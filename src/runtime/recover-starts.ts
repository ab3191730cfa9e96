import { ringStart } from './new-life.ts'
import type { Ports } from './ports.ts'

/**
 * Rings once more for every instance that has had no turn: a process that ended between the row of a start and its message has told its
 * caller nothing, but the row is there, and would show `PENDING` for ever. Where a sweeper walks it does the same.
 */
export async function recoverStarts(ports: Ports): Promise<void> {
  let pageToken: string | undefined
  do {
    const page = await ports.store.list({
      statuses: ['PENDING'],
      limit: 100,
      ...(pageToken !== undefined && { pageToken }),
    })
    for (const row of page.instances) if (row.episode === 0) await ringStart(ports, row)
    pageToken = page.pageToken
  } while (pageToken !== undefined)
}
