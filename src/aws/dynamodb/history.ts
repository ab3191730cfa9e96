// Histories: appended one number at a time, read by the tail or by the newest generation.

import type { Episode, InstanceKey } from '../../runtime/episode.ts'
import type { AppendResult } from '../../runtime/ports.ts'
import type { InstanceRecord, Stall } from '../../runtime/rows.ts'
import { TenutoError } from '../../workflow/errors.ts'
import {
  episodeKey,
  episodes as episodeRange,
  episodesAndInbox,
  type Place,
  placeOf,
  stallKey,
} from '../keys.ts'
import type { Bodies } from './bodies.ts'
import { isFree } from './conditions.ts'
import { isEpisode, isOpening, isStub, packEpisode, unpackEpisode } from './episodes.ts'
import type { Inbox } from './inbox.ts'
import { isPresent, type Item, stringOf, textOf } from './items.ts'
import type { Table } from './table.ts'

/** A cold read does not know where the generation began: few items first, then more. */
const coldReadLimits = [25, 100, 400]
const readTries = 3

export class History {
  readonly #table: Table
  readonly #bodies: Bodies
  readonly #inbox: Inbox

  constructor(table: Table, bodies: Bodies, inbox: Inbox) {
    this.#table = table
    this.#bodies = bodies
    this.#inbox = inbox
  }

  /**
   * One conditional put. A refusal that shows one's own nonce is the answer to an earlier attempt, which was lost; when there was none,
   * it is the writer that repeats itself, and it is told what is there. Only purging and replacing leave stubs: the life is gone. Trimming
   * leaves nothing, but only when no writer can be so old.
   */
  async append(key: InstanceKey, episode: Episode): Promise<AppendResult> {
    const place = placeOf(key)
    const packed = await packEpisode(this.#bodies, place, episode)
    await this.#bodies.writeOutside(packed)
    const result = await this.#table.put(episodeKey(place, episode.n), packed.attributes, isFree)
    if (result.kind === 'written') return { kind: 'committed' }
    const { item, isRepeat } = result
    if (!item) throw new TenutoError('STORAGE_FAILED', `Episode ${episode.n} was refused for no reason.`)
    if (!isStub(item) && isRepeat && textOf(item, 'nonce') === episode.nonce) return { kind: 'committed' }
    await this.#bodies.discard(packed, item)
    if (isStub(item)) return { kind: 'gone' }
    return { kind: 'lost', to: await unpackEpisode(this.#bodies, place, item) }
  }

  async read(key: InstanceKey, after?: number): Promise<InstanceRecord> {
    const place = placeOf(key)
    for (let tries = 1; ; tries++) {
      const record = await (after === undefined ? this.#newestGeneration(place) : this.#tail(place, after))
      const episodes = withoutGaps(record.episodes, after)
      if (episodes) return { ...record, episodes }
      if (tries === readTries) {
        const numbers = record.episodes.map(({ n }) => n).join(', ')
        throw new TenutoError('STORAGE_FAILED', `The history of ${key.instanceId} has gaps: ${numbers}.`)
      }
    }
  }

  async readAll(key: InstanceKey): Promise<readonly Episode[]> {
    const place = placeOf(key)
    const episodes: Episode[] = []
    for await (const items of this.#table.pages(episodeRange(place))) {
      const present = items.filter((item) => !isStub(item))
      episodes.push(...(await Promise.all(present.map((item) => unpackEpisode(this.#bodies, place, item)))))
    }
    return episodes
  }

  /** The newest episode, if the life has one. */
  async newest(place: Place): Promise<Episode | undefined> {
    const query = { ...episodeRange(place), backwards: true, limits: [1] }
    for await (const [item] of this.#table.pages(query)) {
      if (!item || isStub(item)) return undefined
      return unpackEpisode(this.#bodies, place, item)
    }
    return undefined
  }

  /** One query: the inbox lies right behind the episodes. */
  async #tail(place: Place, after: number): Promise<InstanceRecord> {
    const episodes: Item[] = []
    const inbox: Item[] = []
    for await (const items of this.#table.pages(episodesAndInbox(place, after))) {
      for (const item of items) (isEpisode(item) ? episodes : inbox).push(item)
    }
    const stalled = takeStall(place, inbox)
    // A partly purged line reads as one that is purged.
    if (episodes.some(isStub)) return { episodes: [], inbox: [] }
    return {
      episodes: await Promise.all(episodes.map((item) => unpackEpisode(this.#bodies, place, item))),
      inbox: await this.#inbox.unpackAll(place, inbox),
      ...(stalled && { stalled }),
    }
  }

  /** Backwards, through the inbox and the newest episodes, until the one that opened the generation: older ones are not read. */
  async #newestGeneration(place: Place): Promise<InstanceRecord> {
    const episodes: Episode[] = []
    const inbox: Item[] = []
    const query = { ...episodesAndInbox(place), backwards: true, limits: coldReadLimits }
    reading: for await (const items of this.#table.pages(query)) {
      for (const item of items) {
        if (!isEpisode(item)) {
          inbox.push(item)
          continue
        }
        if (isStub(item)) return { episodes: [], inbox: [] }
        const episode = await unpackEpisode(this.#bodies, place, item)
        episodes.unshift(episode)
        if (isOpening(episode)) break reading
      }
    }
    const stalled = takeStall(place, inbox)
    return { episodes, inbox: await this.#inbox.unpackAll(place, inbox), ...(stalled && { stalled }) }
  }
}

/** Takes the mark of a stall, or what is left of one, out of what was read with the inbox. */
function takeStall(place: Place, items: Item[]): Stall | undefined {
  const at = items.findIndex((item) => stringOf(item, 'sk') === stallKey(place).sk)
  const [mark] = at < 0 ? [] : items.splice(at, 1)
  return mark && isPresent(mark, 'stalled') ? (JSON.parse(stringOf(mark, 'stalled')) as Stall) : undefined
}

/**
 * Checks that the numbers follow each other. A gap below the newest opening is what trimming leaves, and all that came before is dropped;
 * any other is a read that was torn.
 */
function withoutGaps(
  episodes: readonly Episode[],
  after: number | undefined,
): readonly Episode[] | undefined {
  let previous = after
  const gap = episodes.findLastIndex((episode, at) => {
    previous = at > 0 ? episodes[at - 1]?.n : after
    return previous === undefined ? !isOpening(episode) : episode.n !== previous + 1
  })
  if (gap === -1) return episodes
  const opening = episodes.findLastIndex(isOpening)
  return opening >= gap ? episodes.slice(opening) : undefined
}
