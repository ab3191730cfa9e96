// What must hold of parents and their children when a world has come to rest.

import { factIdOf, type ParentLink, taskFactId } from '../../src/engine/events.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import { minute } from './conditions.ts'
import type { Life, RestView } from './lives.ts'

/**
 * I12: a child that was refused has not run, unless a request came late: then its id may have become free on the way. Of older generations
 * nobody may know any more that it was refused.
 */
export function checkRefused({ isTimely, violated }: RestView, lives: readonly Life[]): void {
  if (!isTimely) return
  const made = new Set(lives.map(({ line }) => parentCall(line)))
  for (const { instanceId, incarnation, line } of lives) {
    for (const event of line.flatMap(({ events }) => events)) {
      if (event.kind !== 'childWorkflowFailed' || event.failure.code !== 'CHILD_NOT_STARTED') continue
      if (event.generation !== line.at(-1)?.generation) continue
      const call = `${instanceId}/${incarnation}/${event.generation}.${event.seq}`
      if (made.has(call)) violated(`I12 a child was refused, and ran: ${call}`)
    }
  }
}

/** I13: the child that a terminated instance waited for does not go on without it. */
export function checkTerminated({ calmFrom, violated }: RestView, lives: readonly Life[]): void {
  for (const parent of lives) {
    const end = parent.line.at(-1)
    if (end?.status !== 'TERMINATED') continue
    const heard = new Set(parent.line.flatMap(({ events }) => events).map(factIdOf))
    for (const child of lives) {
      const link = parentOf(child.line)
      if (link?.incarnation !== parent.incarnation || link.generation !== end.generation) continue
      const last = child.line.at(-1)
      const isLate = last !== undefined && last.at > Math.max(end.at, calmFrom) + 20 * minute
      if (last?.status !== 'TERMINATED' && isLate && !heard.has(taskFactId(link.generation, link.seq)))
        violated(`I13 ${child.key} ended ${last?.status} long after its parent was terminated`)
    }
  }
}

/** I14: who is purged takes along the children whose end it had heard of, as far as its last generation knows them. */
export async function checkPurged(
  { purged, store, violated }: RestView,
  lives: readonly Life[],
): Promise<void> {
  for (const parent of lives.filter(({ incarnation }) => purged.has(incarnation))) {
    const heard = new Set(parent.line.flatMap(({ events }) => events).map(factIdOf))
    for (const child of lives) {
      const link = parentOf(child.line)
      if (link?.incarnation !== parent.incarnation) continue
      if (link.generation !== parent.line.at(-1)?.generation) continue
      if (!heard.has(taskFactId(link.generation, link.seq))) continue
      const row = await store.getInstance(child.instanceId)
      if (row?.incarnation === child.incarnation && row.purgedAt === undefined)
        violated(`I14 ${child.key} is still there, and its parent was purged`)
    }
  }
}

/** The call that a life is the child of. */
function parentCall(line: readonly Episode[]): string | undefined {
  const parent = parentOf(line)
  return parent && `${parent.instanceId}/${parent.incarnation}/${parent.generation}.${parent.seq}`
}

function parentOf(line: readonly Episode[]): ParentLink | undefined {
  const started = line[0]?.events.find((event) => event.kind === 'executionStarted')
  return started?.parent
}
