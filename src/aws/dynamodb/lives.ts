// What becomes of a life that is over. Its episodes are not deleted: a writer who was frozen on the way would find its number free, put
// its episode, and dispatch what that asks for (R17). Each is replaced by a stub, which goes when no message of that life can be left.

import type { AttributeValue, WriteRequest } from '@aws-sdk/client-dynamodb'
import { TenutoError } from '../../workflow/errors.ts'
import { toFailureDetails } from '../../workflow/failure.ts'
import type { Logger } from '../../workflow/logger.ts'
import { type ItemKey, type Place, wholeLife } from '../keys.ts'
import { deleteOf, putOf, updateAll, writeAll } from './batch.ts'
import { type Bodies, refName, refsIn } from './bodies.ts'
import { isEpisode, isNotGone, isStub, stub } from './episodes.ts'
import { expiry, type Item, stringIn, stringOf } from './items.ts'
import type { Table } from './table.ts'

/** Longer than SQS keeps a message: for so long a late one may name a life that is over. */
export const graveMs = 15 * 24 * 3_600_000

export interface LivesOptions {
  readonly table: Table
  readonly bodies: Bodies
  readonly now: () => number
  readonly logger: Logger
}

export class Lives {
  readonly #options: LivesOptions

  constructor(options: LivesOptions) {
    this.#options = options
  }

  /** The `ttl` of what is to tell of a life that is over. */
  graveEnd(): AttributeValue {
    return expiry(this.#options.now() + graveMs)
  }

  /**
   * Leaves stubs of a life's episodes and nothing else. May be cut short and repeated: what is done already is not done again.
   * @param refs what its row has outside itself
   */
  async clear(place: Place, refs: readonly string[]): Promise<void> {
    const { table, bodies } = this.#options
    const until = this.graveEnd()
    await bodies.removeOutside(place, refs)
    const attributes = ['sk', 'gone', refName('body')]
    for await (const items of table.pages({ ...wholeLife(place), attributes })) {
      const left = items.filter((item) => !isStub(item))
      // An episode without its payload could not be read: so it becomes a stub first, which still names what is to go. Parts come last in
      // the order of keys.
      await writeAll(
        table,
        left.map((item) => burialOf(place, item, until)),
      )
      await bodies.removeBlobs(place, items.flatMap(refsIn))
    }
  }

  /** As `clear`, for a life whose id has a new one already: a failure is the log's alone. */
  async forget(place: Place, refs: readonly string[]): Promise<void> {
    try {
      await this.clear(place, refs)
    } catch (error) {
      if (!(error instanceof TenutoError)) throw error
      this.#options.logger.warn(
        'What is left of a replaced instance stays until its id is purged or replaced again.',
        {
          instanceId: place.instanceId,
          error: toFailureDetails(error),
        },
      )
    }
  }

  /**
   * Lets go of a life at a time; of its episodes not before its late messages. Done late, after the life was cleared, it must not bring
   * back what was there: so nothing is put, and only what is still there is marked.
   */
  async expire(place: Place, atMs: number): Promise<void> {
    const { table, now } = this.#options
    const ttl = expiry(Math.max(atMs, now() + graveMs))
    for await (const items of table.pages({ ...wholeLife(place), attributes: ['sk', 'gone'] })) {
      const left = items.filter((item) => !isStub(item))
      const keys = left.map((item) => ({ pk: place.pk, sk: stringOf(item, 'sk') }))
      await updateAll(table, keys, { set: { ttl } }, isNotGone)
    }
  }
}

function burialOf(place: Place, item: Item, until: AttributeValue): WriteRequest {
  const key: ItemKey = { pk: place.pk, sk: stringOf(item, 'sk') }
  if (!isEpisode(item)) return deleteOf(key)
  const ref = stringIn(item, refName('body'))
  return putOf(key, { ...stub(until), ...(ref?.startsWith('blob:') && { [refName('body')]: { S: ref } }) })
}
