// The rows of one partition of the list index, in their order, a page at a time.

import { isExpired, type Item, stringIn, stringOf } from './items.ts'
import { listIndex } from './schema.ts'
import type { Condition, Table } from './table.ts'

/** Both ends are inclusive. */
export interface Range {
  from: string
  to: string
}

export interface StreamOptions {
  readonly partition: string
  /** Those of an earlier one are read before. */
  readonly stage: number
  readonly range: Range
  /** A row that has been shown, at one end of the range. */
  readonly after: string | undefined
  /** What rows must be; `#name` stands for the attribute of that name, other placeholders are named beside it. */
  readonly condition: (Condition & { readonly names?: Readonly<Record<string, string>> }) | undefined
  readonly newestFirst: boolean
  /** Rows looked at in one request. */
  readonly pageSize: number
  readonly nowMs: number
}

export class Stream {
  readonly #table: Table
  readonly #options: StreamOptions
  #rows: Item[] = []
  #start: Item | undefined
  #isAtEnd = false
  #seen = 0

  constructor(table: Table, options: StreamOptions) {
    this.#table = table
    this.#options = options
  }

  get stage(): number {
    return this.#options.stage
  }

  /** There may be more, but it is not known what. */
  get isDry(): boolean {
    return this.#rows.length === 0 && !this.#isAtEnd
  }

  /** The place of the next row. */
  get head(): string | undefined {
    const [row] = this.#rows
    return row && stringOf(row, 'listOrder')
  }

  /** The place up to which all rows have been seen; undefined before the first page. */
  get frontier(): string | undefined {
    return this.#start && stringIn(this.#start, 'listOrder')
  }

  /** How many rows it has looked at, whether or not they were what is wanted. */
  get seen(): number {
    return this.#seen
  }

  take(): Item | undefined {
    return this.#rows.shift()
  }

  async fill(): Promise<void> {
    const { partition, range, after, condition, newestFirst, pageSize, nowMs } = this.#options
    const {
      Items = [],
      LastEvaluatedKey,
      ScannedCount = Items.length,
    } = await this.#table.query({
      IndexName: listIndex,
      KeyConditionExpression: 'listKey = :partition AND listOrder BETWEEN :from AND :to',
      ExpressionAttributeValues: {
        ':partition': { S: partition },
        ':from': { S: range.from },
        ':to': { S: range.to },
        ...condition?.values,
      },
      ...(condition && {
        FilterExpression: condition.text,
        ExpressionAttributeNames: { ...condition.names },
      }),
      ScanIndexForward: !newestFirst,
      Limit: pageSize,
      ...(this.#start && { ExclusiveStartKey: this.#start }),
    })
    this.#rows = Items.filter((row) => !isExpired(row, nowMs) && stringOf(row, 'listOrder') !== after)
    this.#start = LastEvaluatedKey
    this.#isAtEnd = LastEvaluatedKey === undefined
    this.#seen += ScannedCount
  }
}
