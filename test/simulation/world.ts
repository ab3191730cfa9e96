// One seeded world: random programs on the production engine and runtime, hosts that fail, a queue that misbehaves; and what must hold.

import { factIdOf } from '../../src/engine/events.ts'
import type { Message, TimerMessage } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'
import { createMemoryBackend, type MemoryBackend } from '../../src/testing/memory-backend.ts'
import type { Consumer } from '../../src/testing/memory-queue.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { App } from '../../src/workflow/app.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { lineKey, LineChecker } from '../support/line-checker.ts'
import { checkAtRest } from './at-rest.ts'
import { Clients, sinkId } from './clients.ts'
import {
  type Conditions,
  conditionsOf,
  hour,
  minute,
  type WorldOptions as Circumstances,
} from './conditions.ts'
import { faultyPorts, type FaultSource, type Host } from './faulty-ports.ts'
import { Hosts, miscounted } from './hosts.ts'
import { withLowLimits } from './low-limits.ts'
import { countEpisode, probed } from './probes.ts'
import { type Effects, programApp } from './program-app.ts'
import { type Program, randomProgram } from './programs.ts'
import { Rng } from './rng.ts'
import { runToRest } from './run-to-rest.ts'
import type { Trace } from './trace.ts'

const visibilityMs = 3 * minute
/** Hosts that crash after every other send make messages multiply. More than this tells nothing new, and takes for ever. */
const floodOf = 700

export interface WorldOptions extends Circumstances {
  /** What every instance runs. Default: a random program each. */
  readonly program?: Program
  /** What is launched, instead of random programs: to find the least that still fails. */
  readonly launches?: readonly Launch[]
  /** A defect, to see that it is found. */
  readonly mutant?: Mutant
  readonly trace?: (now: () => number) => Trace
}

/** What an instance runs, and what its id runs when it is used again. */
export interface Launch {
  readonly program: Program
  readonly next?: Program
}

/** A defect of the protocol or of the platform, put where a host meets the world. */
export interface Mutant {
  /** What each host sees instead of its ports; faults strike inside of it. */
  readonly ports?: (ports: Ports, rng: Rng) => Ports
  /** What the queues are given instead of a host. */
  readonly consumer?: (host: Consumer) => Consumer
  readonly backend?: (backend: MemoryBackend) => void
}

export interface Report {
  readonly seed: number
  readonly violations: readonly string[]
  /** How often things happened: faults, episodes, rare branches. */
  readonly counts: ReadonlyMap<string, number>
  /** Digest of all that happened, in order. */
  readonly trace: number
  readonly virtualMs: number
  readonly launches: readonly Launch[]
}

export async function simulate(seed: number, options: WorldOptions): Promise<Report> {
  const conditions = conditionsOf(new Rng(seed).fork('conditions'), options)
  const run = async (): Promise<Report> => new World(seed, options, conditions).run()
  return conditions.lowLimits ? withLowLimits(run) : run()
}

class World {
  readonly #seed: number
  readonly #options: WorldOptions
  readonly #conditions: Conditions
  readonly #rng: Rng
  readonly #clock = new VirtualClock()
  readonly #begin = this.#clock.now()
  readonly #faultEnd: number
  readonly #backend: MemoryBackend
  readonly #hosts: Hosts
  readonly #clients: Clients
  readonly #checker: LineChecker
  readonly #runs = new Map<string, number>()
  readonly #effects = new Map<string, Map<number, number>>()
  readonly #counts = new Map<string, number>()
  readonly #violations: string[] = []
  /** By life, after its newest episode. */
  readonly #statuses = new Map<string, string>()
  readonly #trace: Trace | undefined
  readonly #apps = new Map<boolean, App>()
  #isMisfit = false
  #ids = 0
  #sent = 0
  #digest = 0
  /** Sweeps in a row that found nothing to do. */
  #idleSweeps = 0

  constructor(seed: number, options: WorldOptions, conditions: Conditions) {
    this.#seed = seed
    this.#options = options
    this.#conditions = conditions
    this.#rng = new Rng(seed)
    this.#faultEnd = this.#begin + conditions.faultsMs
    this.#trace = options.trace?.(() => this.#clock.now() - this.#begin)
    this.#backend = this.#createBackend()
    const { skewMs } = conditions
    this.#checker = new LineChecker(
      () => this.#clock.now() + skewMs,
      (text) => this.#violation(text),
    )
    this.#watchCommits()
    this.#putOneByOne()
    const connect = (host: Host): Ports => this.#connect(host)
    this.#hosts = new Hosts({ rng: this.#rng.fork('hosts'), skewMs, app: () => this.#app(), connect }, 3)
    this.#clients = new Clients({
      clock: this.#clock,
      rng: this.#rng.fork('clients'),
      host: () => this.#hosts.any(),
      faultEnd: this.#faultEnd,
      count: (what) => this.#count(what),
      violated: (text) => this.#violation(text),
    })
  }

  async run(): Promise<Report> {
    const { queue } = this.#backend
    const { mutant } = this.#options
    queue.run(() => mutant?.consumer?.(this.#consumer()) ?? this.#consumer())
    await this.#startSink()
    const launches = this.#launch()
    this.#schedule()
    const horizon = this.#faultEnd - this.#begin + 48 * hour
    await runToRest(this.#clock, () => this.#violations.length > 0, horizon)
    if (this.#violations.length === 0) await this.#checkAtRest()
    this.#hosts.close()
    return {
      seed: this.#seed,
      violations: this.#violations,
      counts: this.#counts,
      trace: this.#digest,
      virtualMs: this.#clock.now() - this.#begin,
      launches,
    }
  }

  #createBackend(): MemoryBackend {
    const rng = this.#rng.fork('queue')
    const { duplicates, duplicateTimers, lateTimersMs, largeInputs, workflowBatch, activityBatch } =
      this.#conditions
    const backend = createMemoryBackend({
      clock: this.#clock,
      newId: () => `${++this.#ids}`,
      manners: {
        ...(largeInputs && { fits: (message) => message.kind !== 'activity' || !message.input }),
        latencyMs: () => this.#gathered(rng.int(1, this.#faulty ? 20_000 : 30)),
        duplicateAfterMs: () => (this.#faulty && rng.chance(duplicates) ? this.#again(rng) : undefined),
        pick: (count) => (this.#faulty ? rng.int(0, count - 1) : 0),
        visibilityMs,
        batch: (queue) => (queue === 'workflow' ? workflowBatch : activityBatch),
        // An activity that dies is a failure for its workflow; the oracle knows no such thing.
        maxReceives: (queue) => (queue === 'workflow' ? 8 : 1_000),
      },
    })
    const { queue } = backend
    const schedule = queue.schedule.bind(queue)
    queue.schedule = async (timers: readonly TimerMessage[]) => {
      await schedule(timers)
      for (const timer of timers) {
        if (!this.#faulty || !rng.chance(duplicateTimers)) continue
        this.#count('timer fired twice')
        const delayMs = Math.max(0, timer.dueAt - this.#clock.now()) + rng.int(0, 1 + lateTimersMs)
        await queue.send([timer], delayMs)
      }
    }
    this.#options.mutant?.backend?.(backend)
    return backend
  }

  /** Ms until the first moment after `ms` at which messages become visible together. */
  #gathered(ms: number): number {
    const { gatherMs } = this.#conditions
    if (gatherMs === 0) return ms
    const at = this.#clock.now() - this.#begin + ms
    return Math.ceil(at / gatherMs) * gatherMs - at + ms
  }

  #again(rng: Rng): number {
    this.#count('message delivered twice')
    return rng.int(1, 12 * minute)
  }

  /** What is deployed now: the same for all hosts that boot meanwhile. */
  #app(): App {
    const present = this.#apps.get(this.#isMisfit)
    if (present) return present
    const effects: Effects = {
      ran: (key, label, x) => this.#ran(key, label, x),
      asked: (token, outcome) => this.#clients.complete(token, outcome),
      pause: async (ms) => this.#clock.sleep(ms),
    }
    const app = programApp(effects, this.#isMisfit)
    this.#apps.set(this.#isMisfit, app)
    return app
  }

  #ran(key: string, label: string, x: number): void {
    const before = this.#runs.get(key) ?? 0
    this.#runs.set(key, before + 1)
    if (before > 0) return
    const effects = this.#effects.get(label) ?? new Map<number, number>()
    this.#effects.set(label, effects.set(x, (effects.get(x) ?? 0) + 1))
  }

  #launch(): readonly Launch[] {
    const { program, launches = program ? this.#launchAll(() => ({ program })) : undefined } = this.#options
    const rng = this.#rng.fork('programs')
    const all =
      launches ??
      this.#launchAll((at) => ({
        program: randomProgram(rng),
        ...(rng.chance(0.25) && { next: randomProgram(rng.fork(`next ${at}`)) }),
      }))
    for (const [at, launch] of all.entries()) this.#clients.launch(`i${at + 1}`, launch)
    return all
  }

  #launchAll(make: (at: number) => Launch): readonly Launch[] {
    return Array.from({ length: this.#rng.fork('launches').int(1, 2) }, (_, at) => make(at))
  }

  /** What happens at its time, whatever else does. */
  #schedule(): void {
    const { misfit, wipeMs, sweepEveryMs } = this.#conditions
    if (sweepEveryMs !== undefined) this.#sweep(sweepEveryMs)
    if (wipeMs !== undefined) {
      this.#clock.at(wipeMs, () => {
        this.#count('queues wiped')
        this.#backend.queue.wipe()
      })
    }
    if (misfit) {
      this.#clock.at(misfit.fromMs, () => this.#deploy(true))
      this.#clock.at(misfit.toMs, () => this.#deploy(false))
    }
    // What an operator does after an outage, or a deployment.
    const calm = Math.max(this.#faultEnd - this.#begin, misfit?.toMs ?? 0)
    for (const afterMs of [30 * minute, 3 * hour]) this.#recover(calm + afterMs)
  }

  #recover(delayMs: number): void {
    this.#clients.retry(delayMs, async (runtime) => runtime.recoverStalled())
  }

  /** One host after the other. */
  #deploy(isMisfit: boolean): void {
    this.#count(isMisfit ? 'deployment of code that does not fit' : 'deployment of code that fits')
    this.#isMisfit = isMisfit
    for (let host = 0; host < 3; host++) {
      this.#clock.at(host * minute, () => {
        if (this.#isMisfit === isMisfit) this.#hosts.replaceOldest()
      })
    }
  }

  #sweep(periodMs: number): void {
    void this.#consumer()
      .sweep({ periodMs })
      .then(
        ({ seen, nudged, rung }) => {
          this.#count('rung or nudged by the sweeper', nudged + rung)
          const isIdle = seen <= 1 && nudged + rung === 0 && this.#backend.queue.isIdle
          this.#idleSweeps = isIdle && !this.#faulty ? this.#idleSweeps + 1 : 0
        },
        () => {},
      )
    // It would find nothing more: whatever was lost has been rung for twice over.
    const isOver = this.#idleSweeps * periodMs > 10 * minute
    if (!isOver && this.#clock.now() < this.#faultEnd + 12 * hour)
      this.#clock.at(periodMs, () => this.#sweep(periodMs))
  }

  get #faulty(): boolean {
    return this.#clock.now() < this.#faultEnd && this.#sent < floodOf
  }

  #consumer(): Runtime {
    const { miscounts } = this.#conditions
    const rng = this.#rng
    const runtime = this.#hosts.any()
    const isWrong = (): boolean => this.#faulty && rng.chance(miscounts)
    const { handle, handleDead } = miscounts === 0 ? runtime : miscounted(runtime, isWrong)
    return {
      ...runtime,
      handle,
      handleDead: async (delivery) => {
        if (delivery.message.kind !== 'activity') this.#count('dead letter of a workflow message')
        return handleDead(delivery)
      },
    }
  }

  #connect(host: Host): Ports {
    const ports = faultyPorts(this.#checkedPorts(), host, this.#source())
    const seen = this.#options.mutant?.ports?.(ports, this.#rng) ?? ports
    return probed(seen, (what) => this.#count(what))
  }

  #source(): FaultSource {
    const { rates } = this.#conditions
    return {
      clock: this.#clock,
      rng: this.#rng.fork('faults'),
      rates: () => (this.#faulty ? rates : undefined),
      count: (fault) => this.#count(fault),
      visibilityMs,
      crash: (host) => this.#hosts.crash(host),
      trace: this.#trace,
    }
  }

  /** I3: nothing is sent that is not committed. */
  #checkedPorts(): Ports {
    const { ports, queue, store } = this.#backend
    const { pageSize } = this.#conditions
    return withPorts(ports, {
      send: async (messages: readonly Message[], delayMs?: number) => {
        this.#checker.sent(messages)
        this.#hearSend(messages.length)
        return queue.send(messages, delayMs)
      },
      list: async (filter) => store.list({ ...filter, limit: pageSize }),
    })
  }

  /** A flood ends the faults, and somebody looks after what is stalled. */
  #hearSend(count: number): void {
    const before = this.#sent
    this.#sent += count
    if (before >= floodOf || this.#sent < floodOf) return
    this.#count('faults ended early, for a flood of messages')
    this.#recover(5 * minute)
  }

  #watchCommits(): void {
    const { store } = this.#backend
    this.#checker.watch(store, (kind, key, episode) => {
      if (kind !== 'committed') return
      const name = lineKey(key)
      countEpisode(episode, this.#statuses.get(name), (what) => this.#count(what))
      this.#statuses.set(name, episode.status)
      this.#mark(`${name}:${episode.n}:${episode.by}:${episode.events.map(factIdOf).join()}`)
    })
  }

  /** As a store does that has no transaction over several rows: they appear one after the other. */
  #putOneByOne(): void {
    const { store } = this.#backend
    const rng = this.#rng.fork('rows')
    const put = store.putOutcomes.bind(store)
    store.putOutcomes = async (key, rows) => {
      for (const [at, row] of rows.entries()) {
        if (at > 0) await this.#clock.sleep(rng.int(0, 40))
        await put(key, [row])
      }
    }
  }

  /** An instance that takes whatever the others send, until the end of the world. */
  async #startSink(): Promise<void> {
    const outside = createRuntime(this.#app(), this.#backend.ports)
    await outside.management.start({ workflowName: 'sink', instanceId: sinkId })
    outside.close()
    const stop = { instanceId: sinkId, eventName: 'stop', eventId: 'stop' }
    this.#clients.retry(this.#faultEnd - this.#begin + 40 * hour, async ({ management }) =>
      management.raiseEvent(stop),
    )
  }

  async #checkAtRest(): Promise<void> {
    const { store, queue } = this.#backend
    const messages = queue.isIdle ? [] : ['messages']
    await checkAtRest({
      lines: this.#checker.lines,
      store,
      clients: this.#clients,
      ledger: { runs: this.#runs, effects: this.#effects },
      left: [...messages, ...queue.timers.map((timer) => `timer ${timer}`)],
      isWiped: this.#options.wipe ?? false,
      violated: (text) => this.#violation(text),
    })
    let duplicates = 0
    for (const runs of this.#runs.values()) duplicates += runs - 1
    this.#count('activities run', this.#runs.size)
    this.#count('activities run again', duplicates)
    if (!this.#options.faults && duplicates > 0)
      this.#violation(`I9 ${duplicates} duplicate executions without a fault`)
  }

  #violation(text: string): void {
    const seconds = Math.round((this.#clock.now() - this.#begin) / 1000)
    this.#trace?.('!!', text)
    this.#violations.push(`${text} (at ${seconds} s)`)
  }

  #count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by)
  }

  #mark(text: string): void {
    for (let at = 0; at < text.length; at++)
      this.#digest = (Math.imul(this.#digest, 31) + text.charCodeAt(at)) >>> 0
  }
}
