// Which episodes are committed, as the table has them: whatever the code that wrote them believes.

import { gunzipSync } from 'node:zlib'
import { episodeNumberIn, fromKeyText, partKey, placeOf, unescapeText } from '../../../src/aws/keys.ts'
import type { Episode, InstanceKey } from '../../../src/runtime/episode.ts'
import type { Cloud } from './cloud.ts'

type Item = NonNullable<ReturnType<Cloud['table']['get']>>

interface Change {
  readonly before: Item | undefined
  readonly after: Item | undefined
}

export interface Committed {
  readonly key: InstanceKey
  readonly episode: Episode
}

/** The episode that a change to the table commits, be it in the place of another. A stub is none; and what is only kept longer is not new. */
export function committedBy({ before, after }: Change, table: Cloud['table']): Committed | undefined {
  const n = episodeNumberIn(after?.['sk']?.S ?? '')
  if (!after || n === undefined || after['gone']) return undefined
  if (before && before['nonce']?.S === after['nonce']?.S) return undefined
  const [life = ''] = (after['sk']?.S ?? '').split('#')
  const key = { instanceId: idIn(after['pk']?.S), incarnation: idIn(life) }
  const rest = JSON.parse(bodyOf(after, key, table)) as Omit<Episode, 'n' | 'nonce' | 'at'>
  const nonce = unescapeText(after['nonce']?.S ?? '')
  return { key, episode: { ...rest, n, nonce, at: Number(after['at']?.N) } }
}

function bodyOf(item: Item, key: InstanceKey, table: Cloud['table']): string {
  const { S, B } = item['body'] ?? {}
  if (S !== undefined) return S
  if (B !== undefined) return gunzipSync(Buffer.from(B, 'base64')).toString()
  const [, id = '', count] = (item['bodyRef']?.S ?? '').split(':')
  const parts = Array.from({ length: Number(count) }, (_, at) => {
    const { pk, sk } = partKey(placeOf(key), id, at)
    const part = table.get({ pk: { S: pk }, sk: { S: sk } })?.['bytes']?.B
    if (part === undefined) throw new Error(`an episode of ${key.instanceId} is there before its parts`)
    return Buffer.from(part, 'base64')
  })
  return gunzipSync(Buffer.concat(parts)).toString()
}

function idIn(text = ''): string {
  return unescapeText(fromKeyText(text) ?? '')
}
