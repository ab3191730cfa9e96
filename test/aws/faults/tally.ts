// The troubles that there are, and how often each has come.

export const services = ['dynamodb', 'sqs', 'scheduler'] as const
export type Service = (typeof services)[number]

/** What may become of any request. An outage is longer than anybody tries again: whole turns fail, and requests of the outside. */
export const requestFaults = [
  'throttled',
  'failed, not done',
  'failed, but done',
  'no connection',
  'answer lost',
  'answer cut off',
  'slow',
  'answer late',
  'arrived after it was given up',
  'an outage',
] as const
export type RequestFault = (typeof requestFaults)[number]

/** What may become of a request for many things. */
const partialFaults = [
  'Query: a page of one item',
  'BatchWriteItem: UnprocessedItems, all',
  'BatchWriteItem: UnprocessedItems, some',
  'SendMessageBatch: an entry failed',
  'SendMessageBatch: some of several entries failed',
  'SendMessageBatch: done and reported as failed',
  'ChangeMessageVisibilityBatch: an entry failed',
  'ChangeMessageVisibilityBatch: done and reported as failed',
] as const

/** What happens elsewhere, and what follows from all of it. */
const otherTroubles = [
  'a message is delivered twice',
  'a message comes back after its deletion',
  'a schedule fires twice',
  'a schedule fires although it was deleted',
  'a container dies before its work',
  'a container dies after its work',
  'a rival commits first',
  'an activity runs again',
] as const

export type Trouble =
  | `${Service}: ${RequestFault}`
  | (typeof partialFaults)[number]
  | (typeof otherTroubles)[number]

export class Tally {
  readonly #counts = new Map<Trouble, number>()

  constructor() {
    const ofRequests = services.flatMap((service) =>
      requestFaults.map((fault) => `${service}: ${fault}` as const),
    )
    for (const trouble of [...ofRequests, ...partialFaults, ...otherTroubles]) this.#counts.set(trouble, 0)
  }

  /** All there are, also those that never came. */
  get counts(): readonly (readonly [Trouble, number])[] {
    return [...this.#counts]
  }

  of(trouble: Trouble): number {
    return this.#counts.get(trouble) ?? 0
  }

  add(trouble: Trouble): void {
    this.#counts.set(trouble, this.of(trouble) + 1)
  }
}
