// Tables with a hash and a range key of text, and indexes that follow them.

import type { Clock } from '../../runtime/ports.ts'
import { notImplemented, ServiceError } from '../service-error.ts'
import { invalid } from './errors.ts'
import type { DynamoFaults } from './faults.ts'
import { Sorted } from './sorted.ts'
import { checkItem, type Item } from './values.ts'

export interface Keys {
  readonly hash: string
  readonly range: string
}

interface KeyElement {
  readonly AttributeName?: string
  readonly KeyType?: string
}

export interface CreateInput {
  readonly TableName?: string
  readonly KeySchema?: readonly KeyElement[]
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName?: string
    readonly KeySchema?: readonly KeyElement[]
    readonly Projection?: { readonly ProjectionType?: string; readonly NonKeyAttributes?: readonly string[] }
  }[]
}

export interface TableHost {
  readonly clock: Clock
  readonly faults: DynamoFaults
}

export class Tables {
  readonly #host: TableHost
  readonly #tables = new Map<string, StandInTable>()

  constructor(host: TableHost) {
    this.#host = host
  }

  create(input: CreateInput): StandInTable {
    const { TableName: name = '' } = input
    if (this.#tables.has(name))
      throw new ServiceError('ResourceInUseException', `Table already exists: ${name}`)
    const table = new StandInTable(this.#host, input)
    this.#tables.set(name, table)
    return table
  }

  get(name = ''): StandInTable {
    const table = this.#tables.get(name)
    if (table) return table
    throw new ServiceError('ResourceNotFoundException', 'Requested resource not found')
  }
}

const separator = '\u0000'
const keyBytes = { hash: 2_048, range: 1_024 }

export class StandInTable {
  readonly name: string
  readonly keys: Keys
  readonly #host: TableHost
  readonly #items = new Sorted()
  readonly #indexes: ReadonlyMap<string, Index>

  constructor(host: TableHost, { TableName = '', KeySchema, GlobalSecondaryIndexes = [] }: CreateInput) {
    this.#host = host
    this.name = TableName
    this.keys = keysOf(KeySchema)
    this.#indexes = new Map(
      GlobalSecondaryIndexes.map(({ IndexName = '', KeySchema: schema, Projection = {} }) => {
        if (Projection.ProjectionType !== 'INCLUDE') throw notImplemented('indexes that show everything')
        return [IndexName, new Index(this.keys, keysOf(schema), Projection.NonKeyAttributes ?? [])]
      }),
    )
  }

  get all(): Iterable<Item> {
    return this.#items.all()
  }

  get(key: Item): Item | undefined {
    return this.#items.get(...this.place(key, true))
  }

  put(item: Item): void {
    checkItem(item)
    const place = this.place(item, false)
    for (const index of this.#indexes.values()) index.check(item)
    this.#change(place, this.#items.get(...place), item)
  }

  delete(key: Item): void {
    const place = this.place(key, true)
    const before = this.#items.get(...place)
    if (before) this.#change(place, before, undefined)
  }

  /** What a query reads: the table, or an index as it is now. */
  source(indexName: string | undefined): {
    readonly sorted: Sorted
    readonly keys: Keys
    readonly index?: Index
  } {
    if (indexName === undefined) return { sorted: this.#items, keys: this.keys }
    const index = this.#indexes.get(indexName)
    if (!index) throw invalid(`The table does not have the specified index: ${indexName}`)
    return { sorted: index.shownAt(this.#host.clock.now()), keys: index.keys, index }
  }

  /** Partition and order within it. @param isKey nothing else may be there */
  place(item: Item, isKey: boolean): readonly [partition: string, order: string] {
    const { hash, range } = this.keys
    if (isKey && Object.keys(item).length !== 2)
      throw invalid('The provided key element does not match the schema')
    return [keyText(item, hash, keyBytes.hash), keyText(item, range, keyBytes.range)]
  }

  #change(
    [partition, order]: readonly [string, string],
    before: Item | undefined,
    after: Item | undefined,
  ): void {
    const { clock, faults } = this.#host
    if (after) this.#items.put(partition, order, after)
    else this.#items.remove(partition, order)
    const shownAt = clock.now() + (faults.indexLagMs?.() ?? 0)
    for (const index of this.#indexes.values())
      index.follow({ key: partition + separator + order, before, after, shownAt })
    faults.changed?.({ tableName: this.name, before, after })
  }
}

interface Following {
  readonly key: string
  readonly before: Item | undefined
  readonly after: Item | undefined
  readonly shownAt: number
}

/** Holds what it shows of those items that have its keys, some time after they have changed. */
export class Index {
  readonly keys: Keys
  readonly #table: Keys
  readonly #shown: ReadonlySet<string>
  readonly #sorted = new Sorted()
  #waiting: Following[] = []
  /** Of items that wait, when the newest of their changes is shown. */
  readonly #last = new Map<string, number>()

  constructor(table: Keys, keys: Keys, more: readonly string[]) {
    this.keys = keys
    this.#table = table
    this.#shown = new Set([table.hash, table.range, keys.hash, keys.range, ...more])
  }

  check(item: Item): void {
    for (const [name, bytes] of [
      [this.keys.hash, keyBytes.hash],
      [this.keys.range, keyBytes.range],
    ] as const) {
      if (item[name]) keyText(item, name, bytes)
    }
  }

  follow(following: Following): void {
    const shownAt = Math.max(following.shownAt, this.#last.get(following.key) ?? 0)
    this.#last.set(following.key, shownAt)
    this.#waiting.push({ ...following, shownAt })
  }

  shownAt(now: number): Sorted {
    const due = this.#waiting.filter(({ shownAt }) => shownAt <= now)
    if (due.length > 0) this.#waiting = this.#waiting.filter(({ shownAt }) => shownAt > now)
    for (const { key, before, after, shownAt } of due) {
      if (this.#last.get(key) === shownAt) this.#last.delete(key)
      if (before && this.#isIn(before)) this.#sorted.remove(...this.#placeOf(before))
      if (after && this.#isIn(after)) this.#sorted.put(...this.#placeOf(after), this.#project(after))
    }
    return this.#sorted
  }

  /** Where an item stands within its partition. */
  orderOf(item: Item): string {
    const { hash, range } = this.#table
    return [item[this.keys.range], item[hash], item[range]].map((value) => value?.S ?? '').join(separator)
  }

  #placeOf(item: Item): readonly [partition: string, order: string] {
    return [item[this.keys.hash]?.S ?? '', this.orderOf(item)]
  }

  #isIn(item: Item): boolean {
    return item[this.keys.hash] !== undefined && item[this.keys.range] !== undefined
  }

  #project(item: Item): Item {
    return Object.fromEntries(Object.entries(item).filter(([name]) => this.#shown.has(name)))
  }
}

/** The end of a range of values as the end of a range of orders. */
export function afterAll(value: string): string {
  return `${value}\u0001`
}

function keysOf(schema: readonly KeyElement[] = []): Keys {
  const nameOf = (type: string): string | undefined =>
    schema.find(({ KeyType }) => KeyType === type)?.AttributeName
  const [hash, range] = [nameOf('HASH'), nameOf('RANGE')]
  if (hash === undefined || range === undefined) throw notImplemented('tables without both keys')
  return { hash, range }
}

function keyText(item: Item, name: string, bytes: number): string {
  const { S } = item[name] ?? {}
  if (S === undefined) throw invalid(`One or more parameter values were invalid: Missing the key ${name}`)
  if (S === '') throw invalid(`One or more parameter values were invalid: the key ${name} is empty`)
  if (Buffer.byteLength(S) > bytes)
    throw invalid(`One or more parameter values were invalid: the key ${name} has more than ${bytes} bytes`)
  return S
}
