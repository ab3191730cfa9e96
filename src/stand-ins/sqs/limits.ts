// The documented limits of SQS.

export const limits = {
  batchEntries: 10,
  batchBytes: 1_048_576,
  batchIdCharacters: 80,
  queueNameCharacters: 80,
  messageAttributes: 10,
  groupIdCharacters: 128,
  delaySeconds: 900,
  visibilitySeconds: 43_200,
  waitSeconds: 20,
  receiveCount: 10,
  maxReceiveCount: 1_000,
  moveRate: 500,
  /** Messages of a standard queue that were received and not yet deleted; above, receiving is refused. */
  inFlight: 120_000,
  /** Within which a FIFO queue drops a message with an id that it has seen. */
  deduplicationMs: 5 * 60_000,
  purgeMs: 60_000,
  /** After which the name of a deleted queue can be used again. */
  nameReuseMs: 60_000,
} as const
