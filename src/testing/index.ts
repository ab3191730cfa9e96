// For tests: a backend in memory under a virtual clock.
export { createMemoryBackend, type MemoryBackend, type MemoryBackendOptions } from './memory-backend.ts'
export type { QueueManners } from './memory-queue.ts'
export { VirtualClock } from './virtual-clock.ts'
