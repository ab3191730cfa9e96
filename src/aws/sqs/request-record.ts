/** One request that an adapter is about to make: what budgets are counted from. */
export interface RequestRecord {
  readonly service: 'sqs' | 'scheduler'
  readonly operation: string
  /** From 1; above 1 it is a repetition of what was not accepted. */
  readonly attempt: number
  /** Messages or schedules in it. */
  readonly items: number
  /** Of the message bodies; SQS bills each started 64 KB of a request. */
  readonly bytes: number
}

export type OnRequest = (request: RequestRecord) => void
