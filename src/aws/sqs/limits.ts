// What a standard queue of SQS allows, and how far this adapter goes.

export const sqsLimits = {
  /** Messages of one SendMessageBatch. */
  batchEntries: 10,
  /** Bytes of one message, and of all messages of one request together, when the queue keeps AWS's own limit of 1 MiB. */
  messageBytes: 1024 * 1024 - 4 * 1024,
  /** Seconds by which a message can be delayed; the protocol sends it again for the rest. */
  delaySeconds: 900,
  /** Requests under way at once for one send. */
  parallelRequests: 10,
} as const
