// Trimming: generations that are over are deleted, a good while after.

import { createHash } from 'node:crypto'
import type { InstanceKey } from '../../runtime/episode.ts'
import { episodeKey, type Place, placeOf } from '../keys.ts'
import { deleteOf, writeAll } from './batch.ts'
import { type Bodies, refsIn } from './bodies.ts'
import { isStub } from './episodes.ts'
import { isPresent, type Item, numberOf, stringOf } from './items.ts'
import { sizes } from './sizes.ts'
import type { Table } from './table.ts'

/**
 * How old an episode must be. No writer lives so long that it could find the number free and not know of what came after (R17 asks for 25
 * minutes); and its carrier has either come back or is dead by then, even if queues were held up for hours: guard duty needs the episode.
 */
export const trimAfterMs = 24 * 3_600_000
/** The same where messages of activities may look for their inputs: no message lives so long (a queue keeps it for 14 days). */
export const trimInputsAfterMs = 15 * 24 * 3_600_000
/** One call in so many does the work for all, in full batches. */
const oneIn = 16

export interface TrimOptions {
  readonly table: Table
  readonly bodies: Bodies
  readonly now: () => number
}

export async function trim(
  { table, bodies, now }: TrimOptions,
  key: InstanceKey,
  before: number,
): Promise<void> {
  if (before <= 1 || !isTurn(key, before)) return
  const place = placeOf(key)
  const range = { pk: place.pk, from: episodeKey(place, 1).sk, to: episodeKey(place, before - 1).sk }
  const attributes = ['sk', 'at', 'gone', 'inputs', 'bodyRef']
  // Mostly nothing is old enough, and a whole page of what is not would be paid for.
  for await (const items of table.pages({ ...range, attributes, limits: [sizes.writesAtOnce] })) {
    const young = items.findIndex((item) => !isOld(item, now()))
    await remove(table, bodies, place, young === -1 ? items : items.slice(0, young))
    // What comes after it is younger still, or waits for its turn.
    if (young !== -1) return
  }
}

function isOld(item: Item, now: number): boolean {
  const afterMs = isPresent(item, 'inputs') ? trimInputsAfterMs : trimAfterMs
  return !isStub(item) && numberOf(item, 'at') + afterMs <= now
}

/** Chosen by lot, so that whatever steps the numbers take from one generation to the next, each sixteenth call is chosen. */
export function isTurn({ incarnation }: InstanceKey, before: number): boolean {
  const [lot = 0] = createHash('sha256').update(`${incarnation}/${before}`).digest()
  return lot % oneIn === 0
}

async function remove(
  table: Table,
  bodies: Bodies,
  { pk, ...rest }: Place,
  items: readonly Item[],
): Promise<void> {
  // Cut short, it must not leave an episode without its payload, which nobody could read.
  await writeAll(
    table,
    items.map((item) => deleteOf({ pk, sk: stringOf(item, 'sk') })),
  )
  await bodies.removeOutside({ pk, ...rest }, items.flatMap(refsIn))
}
