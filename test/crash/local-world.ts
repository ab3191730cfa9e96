// The embedded backend under a sweep of failures: a real file, a clock that jumps, and a process that dies as often as it is told to. A
// process that dies leaves its files as they are at that moment, with everything in them that was not committed; the next one opens a
// copy of them, and whatever the dead one still does is done to files that nobody reads.

import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { SqliteBackend } from '../../src/local/backend.ts'
import { type Database, openDatabase } from '../../src/local/database.ts'
import type { Clock, Ports } from '../../src/runtime/ports.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'
import { settle, VirtualClock } from '../../src/testing/virtual-clock.ts'
import { defineApp } from '../../src/workflow/app.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { interceptPorts } from '../support/intercept-ports.ts'
import { playOutside } from './outside.ts'
import { type Fault, type Outcome, problemsAtRest, type TryOut } from './sweep.ts'
import type { CrashWorkflow } from './workflows.ts'

/** Files in memory where there are any: what a dead process leaves does not depend on the disk. */
const temporary = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const never = new Promise<never>(() => {})

/** Turns of the event loop in which whatever is under way makes at least one call. */
const quietTurns = 8

/** One process. */
interface Life {
  readonly path: string
  readonly database: Database
  isDead: boolean
}

interface Booted extends Life {
  readonly backend: SqliteBackend
  readonly runtime: Runtime
}

export const tryLocal: TryOut = async (workflow, faults) => {
  const folder = mkdtempSync(join(temporary, 'tenuto-sweep-'))
  try {
    return await new LocalWorld(workflow, faults, folder).run()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

class LocalWorld {
  readonly #workflow: CrashWorkflow
  readonly #faults: readonly Fault[]
  readonly #folder: string
  readonly #clock = new VirtualClock()
  readonly #effects: string[] = []
  readonly #lives: Booted[] = []
  #calls = 0
  /** Calls, their ends and commits. */
  #steps = 0
  #isOver = false
  #present: Booted

  constructor(workflow: CrashWorkflow, faults: readonly Fault[], folder: string) {
    this.#workflow = workflow
    this.#faults = faults
    this.#folder = folder
    this.#present = this.#boot(join(folder, '0.db'))
  }

  async run(): Promise<Outcome> {
    const outside = playOutside(this.#workflow, this.#clock, () => this.#present.runtime.management)
    do await this.#rest()
    while (this.#clock.step())
    await outside
    const [calls, wasDisturbed] = [this.#calls, this.#faults.length > 0]
    this.#isOver = true
    const { store } = this.#present.backend.ports
    const problems = await problemsAtRest(this.#workflow, store, this.#effects, wasDisturbed)
    const left = this.#present.database.value('SELECT count(*) FROM messages')
    for (const { runtime, backend, database, isDead } of this.#lives) {
      runtime.close()
      if (isDead) database.close()
      else await backend.stop()
    }
    return { calls, problems: left === 0 ? problems : [...problems, `${String(left)} messages are left`] }
  }

  #boot(path: string): Booted {
    const database = openDatabase({ path, integrityCheck: true, logger: silentLogger })
    const life: Life = { path, database, isDead: false }
    const clock: Clock = {
      now: () => this.#clock.now(),
      sleep: async (ms, signal) => (life.isDead ? never : this.#clock.sleep(ms, signal)),
    }
    const backend = new SqliteBackend(database, () => {}, { clock, stopGraceMs: 0 })
    this.#spoilCommits(life)
    const app = defineApp(this.#workflow.app((what) => !life.isDead && this.#effects.push(what)))
    const runtime = createRuntime(app, this.#spoilPorts(backend.ports, life))
    backend.run(runtime, { maxConcurrency: () => undefined })
    const booted = Object.assign(life, { backend, runtime })
    this.#lives.push(booted)
    return booted
  }

  #spoilPorts(ports: Ports, life: Life): Ports {
    return interceptPorts(ports, async ({ method }, run) => {
      if (life.isDead) return never
      const way = this.#nextCall()
      if (way === 'is refused') throw new Error(`simulated: ${method} was refused`)
      if (way === 'takes its host down before') this.#die(life)
      const result = await run()
      if (way === 'takes its host down after') this.#die(life)
      this.#steps++
      if (life.isDead) return never
      if (way === 'succeeds, and its answer is lost') {
        throw new Error(`simulated: the answer of ${method} was lost`)
      }
      return result
    })
  }

  /** Nobody hears of a commit but through SQLite, so an answer that is lost is one that nobody lives to hear. */
  #spoilCommits(life: Life): void {
    const { database } = life
    const commit = database.commit.bind(database)
    database.commit = () => {
      if (life.isDead || this.#isOver) return commit()
      const way = this.#nextCall()
      if (way === 'is refused') throw Object.assign(new Error('simulated: disk is full'), { errcode: 13 })
      if (way === 'takes its host down before') this.#die(life)
      commit()
      if (way === 'takes its host down after' || way === 'succeeds, and its answer is lost') this.#die(life)
      this.#steps++
    }
  }

  #nextCall(): Fault['way'] | undefined {
    this.#steps++
    const call = ++this.#calls
    return this.#faults.find((fault) => fault.call === call)?.way
  }

  #die(life: Life): void {
    // A call that was under way when its process died.
    if (life.isDead) return
    life.isDead = true
    const path = join(this.#folder, `${this.#lives.length}.db`)
    // The third file of SQLite, the index of the log, is made anew from these.
    for (const suffix of ['', '-wal']) {
      if (existsSync(life.path + suffix)) copyFileSync(life.path + suffix, path + suffix)
    }
    this.#present = this.#boot(path)
  }

  /** Everything is done in this process, so where some turns of the event loop change nothing, nothing will. */
  async #rest(): Promise<void> {
    let before: number
    do {
      before = this.#steps
      for (let turn = 0; turn < quietTurns; turn++) await setImmediate()
      await settle()
    } while (this.#steps !== before)
  }
}
