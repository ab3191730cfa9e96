// Backends and messages for the tests: a manual clock, a consumer that does what the test says, and a folder
// that is removed afterwards.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type BackendOptions, type LocalBackend, SqliteBackend } from '../../src/local/backend.ts'
import { type Database, openDatabase } from '../../src/local/database.ts'
import type { Consumer } from '../../src/local/index.ts'
import type { IntakeOptions } from '../../src/local/intake.ts'
import type { Delivery } from '../../src/runtime/messages.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'

/** A folder of this test's own. */
export function temporaryFolder(place = tmpdir()): string {
  const folder = mkdtempSync(join(place, 'tenuto-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface TestBackend extends LocalBackend {
  readonly clock: ManualClock
  /** To look at the transactions, or to disturb them. */
  readonly database: Database
}

export interface TestBackendOptions extends Omit<BackendOptions, 'clock'> {
  readonly path?: string
  readonly memory?: IntakeOptions
  readonly clock?: ManualClock
}

/** A backend on a manual clock; in memory unless a path is given. Stopped when the test ends. */
export function openBackend({
  path = ':memory:',
  clock = manualClock(),
  ...options
}: TestBackendOptions = {}): TestBackend {
  const database = openDatabase({ path, integrityCheck: true, logger: silentLogger })
  const backend = new SqliteBackend(database, () => {}, { stopGraceMs: 0, ...options, clock })
  onTestFinished(() => backend.stop())
  return Object.assign(backend, { clock, database })
}

/** A consumer that keeps what it was handed; by default it acknowledges everything. */
export interface Recorder extends Consumer {
  readonly batches: (readonly Delivery[])[]
  readonly dead: Delivery[]
  resets: number
  readonly deliveries: readonly Delivery[]
}

export function recorder(
  handle: (batch: readonly Delivery[]) => Promise<ReadonlySet<Delivery>> = async (batch) => new Set(batch),
  handleDead: (delivery: Delivery) => Promise<void> = async () => {},
): Recorder {
  const batches: (readonly Delivery[])[] = []
  const dead: Delivery[] = []
  return {
    batches,
    dead,
    resets: 0,
    get deliveries() {
      return batches.flat()
    },
    async handle(batch) {
      batches.push(batch)
      return handle(batch)
    },
    async handleDead(delivery) {
      dead.push(delivery)
      await handleDead(delivery)
    },
    reset() {
      this.resets += 1
    },
  }
}

export const nothing: ReadonlySet<Delivery> = new Set()
