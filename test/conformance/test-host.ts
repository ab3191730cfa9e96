// What the conformance suite needs of a backend with a runtime on it.

import type { Management } from '../../src/runtime/management.ts'
import type { Store } from '../../src/runtime/ports.ts'
import type { App } from '../../src/workflow/app.ts'
import type { Logger } from '../../src/workflow/logger.ts'
import type { Tracer } from '../../src/workflow/tracer.ts'

export interface TestHost {
  readonly management: Management
  /** To look at histories. */
  readonly store: Store
  /** The clock of the backend, ms since the epoch. */
  readonly now: () => number
  /** Ms that tell a wait from none: long where the clock is virtual, a few milliseconds where it is real. */
  readonly shortMs: number
  /** Set where episodes of generations that are over are kept for a while. */
  readonly keepsPast?: true
  /** Resolves when something visible of the instance may have changed, or the signal is aborted. */
  changed(instanceId: string, signal: AbortSignal): Promise<void>
  /** Lets time pass until the promise is settled. */
  pass<T>(promise: Promise<T>): Promise<T>
  /** Lets so much time pass; left out where the clock is real. */
  readonly later?: (ms: number) => Promise<void>
  /** Resolves when all that can happen now has happened, and what is left waits for a time or for the outside. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** Opens an empty backend of the test's own and runs the app on it. */
export type OpenHost = (app: App, logger: Logger, tracer?: Tracer) => Promise<TestHost>
