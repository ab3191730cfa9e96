// Episodes as items. What is read without the rest stands beside the body; a stub has nothing but its key.

import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Episode } from '../../runtime/episode.ts'
import { episodeNumberIn, type Place } from '../keys.ts'
import type { Bodies, Packed } from './bodies.ts'
import { isPresent, type Item, number, numberOf, stringOf, text, textOf } from './items.ts'
import type { Condition } from './table.ts'

/** Code units of an input that a message carries whatever they are, on a queue that takes 256 KiB or more. */
const carriedUnits = 32 * 1024

export async function packEpisode(bodies: Bodies, place: Place, episode: Episode): Promise<Packed> {
  const { n: _, nonce, at, ...rest } = episode
  const { attributes, ...more } = await bodies.pack(place, 'body', JSON.stringify(rest))
  const kept = hasInputsOfMessages(episode) && { inputs: { BOOL: true } }
  return { attributes: { nonce: text(nonce), at: number(at), ...kept, ...attributes }, ...more }
}

/** Messages of activities may have been too large for their inputs, and find them nowhere but here. */
function hasInputsOfMessages({ commands }: Episode): boolean {
  return commands.some(
    (command) => command.kind === 'scheduleTask' && (command.input?.length ?? 0) > carriedUnits,
  )
}

export async function unpackEpisode(bodies: Bodies, place: Place, item: Item): Promise<Episode> {
  const json = (await bodies.load(place, item, 'body')) ?? stringOf(item, 'body')
  const rest = JSON.parse(json) as Omit<Episode, 'n' | 'nonce' | 'at'>
  return { ...rest, n: numberOfEpisode(item), nonce: textOf(item, 'nonce'), at: numberOf(item, 'at') }
}

/** Keeps the number of a purged episode taken, so that a writer who was frozen before the purge cannot put it again. */
export function stub(ttl: AttributeValue): Item {
  return { gone: { BOOL: true }, ttl }
}

export function isStub(item: Item): boolean {
  return isPresent(item, 'gone')
}

/** There is an item, and it is no stub. */
export const isNotGone: Condition = { text: 'attribute_exists(#pk) AND attribute_not_exists(#gone)' }

export function isEpisode(item: Item): boolean {
  return episodeNumberIn(stringOf(item, 'sk')) !== undefined
}

/** Whether nothing older than this episode is needed to go on. */
export function isOpening({ n, continuedAsNew }: Episode): boolean {
  return n === 1 || continuedAsNew !== undefined
}

function numberOfEpisode(item: Item): number {
  return episodeNumberIn(stringOf(item, 'sk')) ?? Number.NaN
}
