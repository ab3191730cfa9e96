// What serverless.yml and infra/queues.yml say about functions and queues, for a stack that is not made from the packaged template. A test
// (test/deploy/in-process.test.ts) compares the two.

export type FunctionName = 'orchestrator' | 'activity' | 'deadLetter' | 'sweeper' | 'api'

/** Seconds after which Lambda ends an invocation. */
export const functionTimeouts: Readonly<Record<FunctionName, number>> = {
  orchestrator: 30,
  activity: 300,
  deadLetter: 30,
  sweeper: 240,
  api: 29,
}

interface QueueSettings {
  readonly visibilitySeconds?: number
  readonly retentionSeconds: number
  readonly redrive?: { readonly to: string; readonly maxReceiveCount: number }
}

const weekSeconds = 7 * 24 * 3_600

/** A queue comes after the one that takes its dead letters. */
export const deployedQueues = {
  QuarantineQueue: { retentionSeconds: 2 * weekSeconds },
  WorkflowDeadLetterQueue: {
    visibilitySeconds: 180,
    retentionSeconds: 2 * weekSeconds,
    redrive: { to: 'QuarantineQueue', maxReceiveCount: 100 },
  },
  ActivityDeadLetterQueue: {
    visibilitySeconds: 180,
    retentionSeconds: 2 * weekSeconds,
    redrive: { to: 'QuarantineQueue', maxReceiveCount: 100 },
  },
  WorkflowQueue: {
    visibilitySeconds: 180,
    retentionSeconds: weekSeconds,
    redrive: { to: 'WorkflowDeadLetterQueue', maxReceiveCount: 10 },
  },
  ActivityQueue: {
    visibilitySeconds: 1_800,
    retentionSeconds: weekSeconds,
    redrive: { to: 'ActivityDeadLetterQueue', maxReceiveCount: 10 },
  },
} as const satisfies Readonly<Record<string, QueueSettings>>

interface MappingSettings {
  readonly queue: keyof typeof deployedQueues
  readonly functionName: FunctionName
  readonly batchSize: number
  /** Seconds for which a batch that is not full waits for more. */
  readonly windowSeconds: number
  readonly maximumConcurrency: number
}

/** The event source mappings. */
export const deployedMappings: readonly MappingSettings[] = [
  {
    queue: 'WorkflowQueue',
    functionName: 'orchestrator',
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 50,
  },
  {
    queue: 'ActivityQueue',
    functionName: 'activity',
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 50,
  },
  {
    queue: 'WorkflowDeadLetterQueue',
    functionName: 'deadLetter',
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 2,
  },
  {
    queue: 'ActivityDeadLetterQueue',
    functionName: 'deadLetter',
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 2,
  },
]
