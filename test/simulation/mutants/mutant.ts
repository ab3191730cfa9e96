// A defect of the protocol or of the platform, put where a host meets the world.

import type { Ports } from '../../../src/runtime/ports.ts'
import type { MemoryBackend } from '../../../src/testing/memory-backend.ts'
import type { Consumer } from '../../../src/testing/memory-queue.ts'
import type { Rng } from '../rng.ts'

export interface Mutant {
  /** What each host sees instead of its ports; faults strike inside of it. */
  readonly ports?: (ports: Ports, rng: Rng) => Ports
  /** What the queues are given instead of a host. */
  readonly consumer?: (host: Consumer) => Consumer
  readonly backend?: (backend: MemoryBackend) => void
  /** What an adapter asks of AWS, and what it hears; on AWS alone. */
  readonly request?: (request: AwsCall, send: (input: object) => Promise<object>) => Promise<object>
}

interface AwsCall {
  /** `PutItem`, `SendMessageBatch` … */
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}
