// The floor: what the work would cost without an engine. A loop that runs the same activities, writes the same records and waits until
// each is durable, as one does by hand. On SQLite it has the engine's settings, and its group commit: all that is written in one turn of
// the event loop shares one transaction and one fsync.

import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Store } from '../../src/runtime/ports.ts'
import { increment } from './app.ts'
import { times } from './figures.ts'

export interface Floor {
  /** Adds a record to a line. Resolves when it is as durable as it will be. */
  append(line: number, record: unknown): Promise<void>
  commits(): number
  close(): void
}

export class SqliteFloor implements Floor {
  readonly #database: DatabaseSync
  readonly #begin: StatementSync
  readonly #insert: StatementSync
  readonly #commit: StatementSync
  #group: Promise<void> | undefined
  #commits = 0

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, 'floor.db'))
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 4000;
      CREATE TABLE records (position INTEGER PRIMARY KEY, line INTEGER NOT NULL, body TEXT NOT NULL);
      CREATE INDEX records_by_line ON records (line);`)
    this.#begin = this.#database.prepare('BEGIN IMMEDIATE')
    this.#insert = this.#database.prepare('INSERT INTO records (line, body) VALUES (?, ?)')
    this.#commit = this.#database.prepare('COMMIT')
  }

  async append(line: number, record: unknown): Promise<void> {
    this.#group ??= this.#open()
    this.#insert.run(line, JSON.stringify(record))
    await this.#group
  }

  commits(): number {
    return this.#commits
  }

  close(): void {
    this.#database.close()
  }

  #open(): Promise<void> {
    this.#begin.run()
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#commit.run()
        this.#commits++
        this.#group = undefined
        resolve()
      })
    })
  }
}

export class MemoryFloor implements Floor {
  readonly #lines = new Map<number, string[]>()

  async append(line: number, record: unknown): Promise<void> {
    const body = JSON.stringify(record)
    const records = this.#lines.get(line)
    if (records) records.push(body)
    else this.#lines.set(line, [body])
  }

  commits(): number {
    return 0
  }

  close(): void {
    this.#lines.clear()
  }
}

/** What an instance left behind: the records that a floor writes in its turn. */
export interface Records {
  readonly start: unknown
  readonly episodes: readonly Episode[]
}

export async function recordsOf(store: Store, instanceId: string): Promise<Records> {
  const row = await store.getInstance(instanceId)
  if (!row) throw new Error(`Instance '${instanceId}' is gone.`)
  return { start: row, episodes: await store.readHistory(row) }
}

/** A chain by hand: its start, then after each step a record that says what came of it and what is next. */
export async function floorChain(
  floor: Floor,
  line: number,
  steps: number,
  { start, episodes }: Records,
): Promise<void> {
  const record = episodes[episodes.length >> 1]
  await floor.append(line, start)
  await floor.append(line, record)
  let n = 0
  while (n < steps) {
    n = await runActivity(n)
    await floor.append(line, record)
  }
}

/** A fan-out by hand: one record with all that is to be done, one for each result, as many at once as the engine runs, one for the sum. */
export async function floorFanOut(
  floor: Floor,
  width: number,
  { start, episodes }: Records,
): Promise<number> {
  const outcomes = episodes.flatMap(({ events }) => events).filter((event) => 'seq' in event)
  const last = { ...episodes.at(-1), events: [] }
  await floor.append(1, start)
  await floor.append(1, episodes[0])
  const results: number[] = []
  const left = times(width).values()
  async function lane(): Promise<void> {
    for (const at of left) {
      results[at] = await runActivity(at)
      await floor.append(1, outcomes[at])
    }
  }
  await Promise.all(times(256).map(lane))
  await floor.append(1, last)
  return results.reduce((sum, result) => sum + result, 0)
}

/** Input and output go through JSON, as payloads do. */
async function runActivity(n: number): Promise<number> {
  const input = JSON.parse(JSON.stringify(n)) as number
  return JSON.parse(JSON.stringify(await increment(undefined, input))) as number
}
