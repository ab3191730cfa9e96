// Bodies: JSON that an item holds, however long it is.
//
// A short one lies in its item as text. A longer one is compressed: DynamoDB bills by the kilobyte written, and history compresses well.
// What is still too large for an item is written in parts, or into a blob, before the item that names them: so whoever sees the item finds
// them. Parts and blobs have ids of their own, so that rivals for one key never write the same ones.

import { promisify } from 'node:util'
import { gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib'
import { TenutoError } from '../../workflow/errors.ts'
import type { BlobStore } from '../blobs.ts'
import { type ItemKey, partKey, type Place, toKeyText } from '../keys.ts'
import { deleteOf, putOf, readAll, writeAll } from './batch.ts'
import { type Item, stringIn } from './items.ts'
import { sizes } from './sizes.ts'
import type { Table } from './table.ts'

const compress = promisify(gzip)
const decompress = promisify<Uint8Array, Buffer>(gunzip)

export interface BlobOptions {
  readonly store: BlobStore
  /** Compressed bytes from which a payload becomes a blob. Default: when it does not fit its item. */
  readonly fromBytes?: number
}

/** A body that is ready to be written. */
export interface Packed {
  /** For the item that it belongs to. */
  readonly attributes: Item
  /** Set when something must be written before that item. */
  readonly outside?: { readonly ref: string; readonly bytes: Uint8Array; readonly place: Place }
}

export class Bodies {
  readonly #table: Table
  readonly #newId: () => string
  readonly #blobs: BlobOptions | undefined

  constructor(table: Table, newId: () => string, blobs?: BlobOptions) {
    this.#table = table
    this.#newId = newId
    this.#blobs = blobs
  }

  /** @param inlineBytes what the item has room for */
  async pack(place: Place, name: string, json: string, inlineBytes = sizes.partBytes): Promise<Packed> {
    const length = Buffer.byteLength(json)
    if (length <= sizes.plainBytes) return { attributes: { [name]: { S: json } } }
    const bytes = length <= sizes.syncBytes ? gzipSync(json) : await compress(json)
    const { fromBytes = inlineBytes + 1 } = this.#blobs ?? {}
    if (bytes.length <= inlineBytes && bytes.length < fromBytes) {
      return { attributes: { [name]: bytes.length < length ? { B: bytes } : { S: json } } }
    }
    const id = this.#newId()
    const ref = this.#blobs
      ? `blob:${toKeyText(place.instanceId, 512)}/${place.life}/${id}`
      : `parts:${id}:${Math.ceil(bytes.length / sizes.partBytes)}`
    return { attributes: { [refName(name)]: { S: ref } }, outside: { ref, bytes, place } }
  }

  /** Writes what must be there before the item. */
  async writeOutside({ outside }: Packed): Promise<void> {
    if (!outside) return
    const { ref, bytes, place } = outside
    const target = parseRef(place, ref)
    if (target.kind === 'blob') return this.#blobStore(ref).put(target.key, bytes)
    const slices = target.keys.map((key, at) =>
      putOf(key, { bytes: { B: bytes.subarray(at * sizes.partBytes, (at + 1) * sizes.partBytes) } }),
    )
    await writeAll(this.#table, slices)
  }

  /** Takes back what was written for an item that was refused, unless it turns out to be the one that is there. */
  async discard({ outside }: Packed, present?: Item): Promise<void> {
    if (!outside || refsIn(present).includes(outside.ref)) return
    await this.removeOutside(outside.place, [outside.ref])
  }

  async removeOutside(place: Place, refs: readonly string[]): Promise<void> {
    const targets = refs.map((ref) => parseRef(place, ref))
    const parts = targets.flatMap((target) => (target.kind === 'parts' ? target.keys : []))
    await writeAll(this.#table, parts.map(deleteOf))
    await this.removeBlobs(place, refs)
  }

  /** Parts lie in the life that they belong to, and go with it. */
  async removeBlobs(place: Place, refs: readonly string[]): Promise<void> {
    const targets = refs.map((ref) => parseRef(place, ref))
    const blobs = targets.flatMap((target) => (target.kind === 'blob' ? [target.key] : []))
    if (blobs.length > 0) await this.#blobStore(String(refs)).remove(blobs)
  }

  /** The JSON of a body; undefined when the item has none of this name. */
  async load(place: Place, item: Item, name: string): Promise<string | undefined> {
    const { S, B } = item[name] ?? {}
    if (S !== undefined) return S
    const ref = stringIn(item, refName(name))
    const bytes = B ?? (ref === undefined ? undefined : await this.#loadOutside(place, ref))
    if (!bytes) return undefined
    const json = bytes.length <= sizes.syncBytes ? gunzipSync(bytes) : await decompress(bytes)
    return json.toString()
  }

  async #loadOutside(place: Place, ref: string): Promise<Uint8Array> {
    const target = parseRef(place, ref)
    if (target.kind === 'blob') return (await this.#blobStore(ref).get(target.key)) ?? lost(place, ref)
    const parts = await readAll(this.#table, target.keys)
    const bySk = new Map(parts.map((part) => [part['sk']?.S, part['bytes']?.B]))
    return Buffer.concat(target.keys.map(({ sk }) => bySk.get(sk) ?? lost(place, ref)))
  }

  #blobStore(ref: string): BlobStore {
    if (this.#blobs) return this.#blobs.store
    throw new TenutoError('STORAGE_FAILED', `'${ref}' is a blob, but this store was created without blobs.`)
  }
}

/** What an item has outside itself. */
export function refsIn(item: Item = {}): string[] {
  return Object.entries(item).flatMap(([name, { S }]) => (name.endsWith('Ref') && S !== undefined ? [S] : []))
}

/** The attribute that names what a body has outside its item. */
export function refName(name: string): string {
  return `${name}Ref`
}

type Target =
  | { readonly kind: 'parts'; readonly keys: readonly ItemKey[] }
  | { readonly kind: 'blob'; readonly key: string }

function parseRef(place: Place, ref: string): Target {
  if (ref.startsWith('blob:')) return { kind: 'blob', key: ref.slice('blob:'.length) }
  const [, id = '', count] = ref.split(':')
  return { kind: 'parts', keys: Array.from({ length: Number(count) }, (_, at) => partKey(place, id, at)) }
}

/** What an item has outside itself is not there any more: the item, or its whole life, was about to be deleted too. */
export class BodyLost extends TenutoError {
  constructor({ instanceId }: Place, ref: string) {
    super('STORAGE_FAILED', `A payload of ${instanceId} is not there any more: ${ref}.`)
  }
}

function lost(place: Place, ref: string): never {
  throw new BodyLost(place, ref)
}
