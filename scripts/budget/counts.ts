// What an account is billed for, counted.

/** Each an amount of something that has a price, or that budgets speak of. */
export interface Counts {
  /** Messages sent by functions. */
  readonly messages: number
  /** To SQS, by functions and by Lambda's pollers, as billed. */
  readonly sqsRequests: number
  readonly puts: number
  readonly updates: number
  readonly gets: number
  readonly queries: number
  /** Requests that write or delete several items. */
  readonly batchWrites: number
  readonly batchGets: number
  /** Writes that their condition refused; they are billed, and counted above. */
  readonly refused: number
  readonly writeUnits: number
  readonly readUnits: number
  readonly invocations: number
  readonly gbSeconds: number
  /** To Scheduler, by functions; not billed. */
  readonly schedulerRequests: number
  /** Schedules that fired. */
  readonly schedulerInvocations: number
  readonly apiRequests: number
}

export const nothing: Counts = {
  messages: 0,
  sqsRequests: 0,
  puts: 0,
  updates: 0,
  gets: 0,
  queries: 0,
  batchWrites: 0,
  batchGets: 0,
  refused: 0,
  writeUnits: 0,
  readUnits: 0,
  invocations: 0,
  gbSeconds: 0,
  schedulerRequests: 0,
  schedulerInvocations: 0,
  apiRequests: 0,
}

/** One thing that happened. */
export interface Entry {
  /** `PutItem`, `activity is invoked` … */
  readonly what: string
  readonly counts: Partial<Counts>
}

const names = Object.keys(nothing) as readonly (keyof Counts)[]

export function sumOf(entries: readonly Entry[]): Counts {
  const sum = { ...nothing } as Record<keyof Counts, number>
  for (const { counts } of entries) for (const name of names) sum[name] += counts[name] ?? 0
  return sum
}

export function perStep(counts: Counts, steps: number): Counts {
  const each = names.map((name) => [name, counts[name] / steps])
  return Object.fromEntries(each) as Record<keyof Counts, number>
}
