// The inbox: facts that wait, and the traces of those that were consumed.

import type { WriteRequest } from '@aws-sdk/client-dynamodb'
import type { InstanceKey } from '../../runtime/episode.ts'
import type { Clock } from '../../runtime/ports.ts'
import type { InboxRow } from '../../runtime/rows.ts'
import type { Logger } from '../../workflow/logger.ts'
import { factKey, inbox as inboxRange, type Place, placeOf, traceKey } from '../keys.ts'
import { deleteOf, putOf, readAll, writeAll } from './batch.ts'
import { type Bodies, BodyLost, type Packed, refsIn } from './bodies.ts'
import { isFree } from './conditions.ts'
import { compareFacts, type Fact, packFact, packTrace, unpackFact, withoutPayload } from './facts.ts'
import { isExpired, type Item, stringIn, stringOf } from './items.ts'
import { Recent } from './recent.ts'
import type { Table } from './table.ts'

/** For how long a late retry of a consumed fact is recognised. */
const traceMs = 7 * 24 * 3_600_000

export interface InboxOptions {
  readonly table: Table
  readonly bodies: Bodies
  readonly clock: Clock
  readonly logger: Logger
  /** Tells a put whose answer was lost from somebody else's. */
  readonly newId: () => string
}

export class Inbox {
  readonly #table: Table
  readonly #bodies: Bodies
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #newId: () => string
  /** Rows that this process has put or read: nearly all that it deletes. */
  readonly #known = new Recent<Known>(20_000)
  #acceptedAt = Number.NEGATIVE_INFINITY
  #order = 0

  constructor({ table, bodies, clock, logger, newId }: InboxOptions) {
    this.#table = table
    this.#bodies = bodies
    this.#clock = clock
    this.#logger = logger
    this.#newId = newId
  }

  /** One put; for a fact whose id a caller gave, a look for its trace before. */
  async put(key: InstanceKey, row: InboxRow): Promise<InboxRow | undefined> {
    const place = placeOf(key)
    const trace = row.digest === undefined ? undefined : await this.#trace(place, row.factId)
    if (trace) return trace
    const nonce = this.#newId()
    const packed = await this.#pack(place, row, nonce)
    await this.#bodies.writeOutside(packed)
    const result = await this.#table.put(factKey(place, row.factId), packed.attributes, isFree)
    if (result.kind === 'refused' && result.item && stringIn(result.item, 'nonce') !== nonce) {
      await this.#bodies.discard(packed, result.item)
      return (await unpackFact(this.#bodies, place, result.item)).row
    }
    this.#remember(place, row, packed.attributes)
    return undefined
  }

  async putAll(key: InstanceKey, rows: readonly InboxRow[]): Promise<void> {
    const place = placeOf(key)
    const byId = new Map(rows.map((row) => [row.factId, row]))
    const writes: WriteRequest[] = []
    for (const row of byId.values()) {
      const packed = await this.#pack(place, row)
      await this.#bodies.writeOutside(packed)
      this.#remember(place, row, packed.attributes)
      writes.push(putOf(factKey(place, row.factId), packed.attributes))
    }
    await writeAll(this.#table, writes)
  }

  /** Of a row that this process knows nothing of, it must be read first what deleting it leaves behind and takes along. */
  async delete(key: InstanceKey, factIds: readonly string[]): Promise<void> {
    const place = placeOf(key)
    const ids = [...new Set(factIds)]
    await this.#learn(place, ids)
    const writes: WriteRequest[] = []
    const refs: string[] = []
    for (const factId of ids) {
      const row = factKey(place, factId)
      const known = this.#known.get(nameOf(place, row.sk))
      if (!known) continue // nor does the table
      refs.push(...known.refs)
      writes.push(deleteOf(row))
      if (!known.trace) continue
      writes.push(putOf(traceKey(place, factId), packTrace(place, known.trace, this.#clock.now() + traceMs)))
    }
    await writeAll(this.#table, writes)
    await this.#bodies.removeOutside(place, refs)
    for (const factId of ids) this.#known.delete(nameOf(place, factKey(place, factId).sk))
  }

  async count(key: InstanceKey, atMost: number): Promise<number> {
    if (atMost < 1) return 0
    const { pk, from, to } = inboxRange(placeOf(key))
    let count = 0
    let start: Item | undefined
    do {
      const { Count = 0, LastEvaluatedKey } = await this.#table.query({
        ConsistentRead: true,
        Select: 'COUNT',
        Limit: atMost - count,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
        ...(start && { ExclusiveStartKey: start }),
      })
      count += Count
      start = LastEvaluatedKey
    } while (start && count < atMost)
    return Math.min(count, atMost)
  }

  /** Rows in order of acceptance. */
  async unpackAll(place: Place, items: readonly Item[]): Promise<readonly InboxRow[]> {
    const facts = await Promise.all(items.map((item) => this.#unpack(place, item)))
    return facts
      .filter((fact) => fact !== undefined)
      .toSorted(compareFacts)
      .map(({ row }) => row)
  }

  /**
   * A row without its payload was consumed before, and put once more by a request that came very late: payloads are written before their
   * row and deleted after it. The history knows its fact.
   */
  async #unpack(place: Place, item: Item): Promise<Fact | undefined> {
    try {
      const fact = await unpackFact(this.#bodies, place, item)
      this.#remember(place, fact.row, item)
      return fact
    } catch (error) {
      if (!(error instanceof BodyLost)) throw error
      this.#known.set(nameOf(place, stringOf(item, 'sk')), { trace: undefined, refs: [] })
      this.#logger.warn('A row of the inbox has no payload any more, and is left out.', {
        instanceId: place.instanceId,
        key: stringOf(item, 'sk'),
      })
      return undefined
    }
  }

  async #trace(place: Place, factId: string): Promise<InboxRow | undefined> {
    const item = await this.#table.get(traceKey(place, factId))
    if (!item || isExpired(item, this.#clock.now())) return undefined
    return (await unpackFact(this.#bodies, place, item)).row
  }

  /** Facts that are accepted in the same millisecond keep their order, by a number that only grows; most facts need none. */
  async #pack(place: Place, row: InboxRow, nonce?: string): Promise<Packed> {
    const isLater = row.acceptedAt > this.#acceptedAt
    if (isLater) this.#acceptedAt = row.acceptedAt
    return packFact(this.#bodies, place, { row, order: isLater ? 0 : ++this.#order }, nonce)
  }

  #remember(place: Place, row: InboxRow, item: Item): void {
    const trace = row.digest === undefined ? undefined : withoutPayload(row)
    this.#known.set(nameOf(place, factKey(place, row.factId).sk), { trace, refs: refsIn(item) })
  }

  async #learn(place: Place, factIds: readonly string[]): Promise<void> {
    const keys = factIds.map((factId) => factKey(place, factId))
    const unknown = keys.filter(({ sk }) => !this.#known.get(nameOf(place, sk)))
    await this.unpackAll(place, await readAll(this.#table, unknown))
  }
}

/** What is left to do when a row goes. */
interface Known {
  readonly trace: InboxRow | undefined
  readonly refs: readonly string[]
}

function nameOf({ pk }: Place, sk: string): string {
  return `${pk}\n${sk}`
}
