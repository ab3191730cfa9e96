// For tests: a whole app in memory under a virtual clock, and the replay of recorded histories.
export type { WorkflowHistory } from '../runtime/management.ts'
export type { Retention } from '../runtime/retention.ts'
export { createTestEnvironment } from './environment.ts'
export { createMemoryBackend, type MemoryBackend, type MemoryBackendOptions } from './memory-backend.ts'
export type { QueueManners } from './memory-queue.ts'
export {
  type RecordedHistory,
  replay,
  type ReplayDivergence,
  type ReplayOptions,
  type ReplayResult,
} from './replay.ts'
export type { SourceLine } from './source-line.ts'
export type { ActivityCall } from './staged-activities.ts'
export type {
  CrashOptions,
  DeliverTwiceOptions,
  MockOf,
  TestEnvironment,
  TestEnvironmentOptions,
} from './test-environment.ts'
export { VirtualClock } from './virtual-clock.ts'
