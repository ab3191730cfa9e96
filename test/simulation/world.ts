// One seeded world: random programs on the production engine and runtime, hosts that fail, a queue that misbehaves; and what must hold.

import { factIdOf } from '../../src/engine/events.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'
import { createMemoryBackend, type MemoryBackend } from '../../src/testing/memory-backend.ts'
import type { Consumer } from '../../src/testing/memory-queue.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import { lineKey, LineChecker } from '../support/line-checker.ts'
import { faultyPorts, type FaultRates, type FaultSource, type Host } from './faulty-ports.ts'
import { eventsOf, oracle, type Program, programApp, randomProgram } from './programs.ts'
import { Rng } from './rng.ts'

const minute = 60_000
const visibilityMs = 3 * minute
const sinkId = 'sink'

export interface WorldOptions {
  readonly faults: boolean
  /** Faults that come from nothing but crashes and freezes, aimed at redelivery. */
  readonly aimed?: boolean
  readonly sweeper?: boolean
  /** All messages and timers are lost once. Only the sweeper can make up for that. */
  readonly wipe?: boolean
  readonly program?: Program
  /** A defect, to see that it is found. */
  readonly mutant?: Mutant
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
  readonly counts: ReadonlyMap<string, number>
  /** Digest of all that happened, in order. */
  readonly trace: number
}

interface Started {
  readonly id: string
  readonly program: Program
  readonly events: readonly string[]
  terminated: boolean
}

export async function simulate(seed: number, options: WorldOptions): Promise<Report> {
  return new World(seed, options).run()
}

class World {
  readonly #seed: number
  readonly #options: WorldOptions
  readonly #rng: Rng
  readonly #clock = new VirtualClock()
  readonly #faultEnd: number
  readonly #rates: FaultRates
  readonly #withFaults: boolean
  readonly #backend: MemoryBackend
  readonly #hosts: { host: Host; runtime: Runtime }[] = []
  readonly #checker = new LineChecker(
    () => this.#clock.now(),
    (text) => this.#violation(text),
  )
  readonly #ran = new Map<string, number>()
  readonly #accepted: { id: string; factId: string }[] = []
  readonly #started: Started[] = []
  readonly #counts = new Map<string, number>()
  readonly #violations: string[] = []
  readonly #app = programApp({
    ran: (key) => this.#ran.set(key, (this.#ran.get(key) ?? 0) + 1),
    pause: (ms) => this.#clock.sleep(ms),
  })
  #ids = 0
  #trace = 0

  constructor(seed: number, options: WorldOptions) {
    this.#seed = seed
    this.#options = options
    this.#withFaults = options.faults
    const rng = (this.#rng = new Rng(seed))
    const rate = (most: number): number => (rng.chance(0.35) ? 0 : rng.next() * most)
    this.#rates = options.aimed
      ? { crash: 0.12, freeze: 0.15, throttle: 0, ambiguous: 0, late: 0, slow: 0 }
      : {
          crash: rate(0.08),
          throttle: rate(0.15),
          ambiguous: rate(0.08),
          late: rate(0.03),
          slow: rate(0.05),
          freeze: rate(0.05),
        }
    this.#faultEnd = this.#clock.now() + (options.faults ? rng.int(5, 90) * minute : 0)
    const duplicates = rate(0.1)
    const workflowBatch = rng.int(1, 10)
    const activityBatch = rng.int(1, 5)
    this.#backend = createMemoryBackend({
      clock: this.#clock,
      newId: () => `${++this.#ids}`,
      manners: {
        // In every third world inputs are too large for messages.
        ...(seed % 3 === 0 && { fits: (message) => message.kind !== 'activity' || !message.input }),
        latencyMs: () => rng.int(1, this.#faulty ? 20_000 : 30),
        duplicateAfterMs: () =>
          this.#faulty && rng.chance(duplicates) ? rng.int(1, 12 * minute) : undefined,
        pick: (count) => (this.#faulty ? rng.int(0, count - 1) : 0),
        visibilityMs,
        batch: (queue) => (queue === 'workflow' ? workflowBatch : activityBatch),
        // An activity that dies is a failure for its workflow; the oracle knows no such thing.
        maxReceives: (queue) => (queue === 'workflow' ? 8 : 1_000),
      },
    })
    options.mutant?.backend?.(this.#backend)
    this.#watchCommits()
    this.#putOneByOne()
    for (let count = 3; count > 0; count--) this.#boot()
  }

  async run(): Promise<Report> {
    const { queue } = this.#backend
    const { program, mutant } = this.#options
    queue.run(() => mutant?.consumer?.(this.#consumer()) ?? this.#consumer())
    await this.#startSink()
    for (let at = this.#rng.int(1, 3); at > 0; at--)
      this.#launch(`i${at}`, program ?? randomProgram(this.#rng))
    if (this.#options.sweeper) this.#sweep()
    if (this.#options.wipe) this.#clock.at(this.#rng.int(minute, 60 * minute), () => queue.wipe())
    this.#recover(this.#faultEnd - this.#clock.now() + 90 * minute)
    this.#recover(this.#faultEnd - this.#clock.now() + 180 * minute)
    const horizon = this.#faultEnd - this.#clock.now() + 48 * 60 * minute
    await this.#clock.runUntil(() => this.#violations.length > 0, horizon)
    if (this.#violations.length === 0) await this.#checkAtRest()
    for (const { runtime } of this.#hosts) runtime.close()
    return { seed: this.#seed, violations: this.#violations, counts: this.#counts, trace: this.#trace }
  }

  #sweep(): void {
    const runtime = this.#consumer()
    void runtime.sweep({ periodMs: minute }).then(
      ({ nudged, rung }) => {
        this.#count('swept', nudged + rung)
      },
      () => {},
    )
    // Sweeping ends with the world.
    if (this.#clock.now() < this.#faultEnd + 12 * 60 * minute) this.#clock.at(minute, () => this.#sweep())
  }

  /** What an operator does after an outage. */
  #recover(delayMs: number): void {
    this.#retry(delayMs, (runtime) => runtime.recoverStalled())
  }

  get #faulty(): boolean {
    return this.#clock.now() < this.#faultEnd
  }

  /** Any living host may get any batch. */
  #consumer(): Runtime {
    return this.#rng.pick(this.#hosts).runtime
  }

  #boot(): void {
    const host: Host = { dead: false, frozenUntil: 0 }
    const ports = faultyPorts(this.#checkedPorts(), host, this.#source)
    const seen = this.#options.mutant?.ports?.(ports, this.#rng) ?? ports
    this.#hosts.push({ host, runtime: createRuntime(this.#app, seen) })
  }

  get #source(): FaultSource {
    return {
      clock: this.#clock,
      rng: this.#rng,
      rates: () => (this.#faulty ? this.#rates : undefined),
      count: (fault) => this.#count(fault),
      visibilityMs,
      crash: (host) => {
        host.dead = true
        const at = this.#hosts.findIndex((each) => each.host === host)
        if (at < 0) return
        this.#hosts[at]?.runtime.close()
        this.#hosts.splice(at, 1)
        this.#boot()
      },
    }
  }

  /** I3: nothing is sent that is not committed. */
  #checkedPorts(): Ports {
    const { ports, queue } = this.#backend
    const send = (messages: readonly Message[], delayMs?: number): Promise<void> => {
      this.#checker.sent(messages)
      for (const message of messages) {
        if (message.kind === 'activity' && message.inputInHistory) this.#count('input in the history')
      }
      return queue.send(messages, delayMs)
    }
    return { ...ports, queue: { send, fits: (message) => queue.fits(message) } }
  }

  #watchCommits(): void {
    this.#checker.watch(this.#backend.store, (kind, key, episode) => {
      if (kind !== 'committed') return this.#count(`append ${kind}`)
      this.#count('episodes')
      this.#mark(`${lineKey(key)}:${episode.n}:${episode.by}:${episode.events.map(factIdOf).join()}`)
    })
  }

  /** As a store does that has no transaction over several rows: they appear one after the other. */
  #putOneByOne(): void {
    const { store } = this.#backend
    const put = store.putOutcomes.bind(store)
    store.putOutcomes = async (key, rows) => {
      for (const [at, row] of rows.entries()) {
        if (at > 0) await this.#clock.sleep(this.#rng.int(0, 40))
        await put(key, [row])
      }
    }
  }

  /** An instance that takes whatever the others send, until the end of the world. */
  async #startSink(): Promise<void> {
    const outside = createRuntime(this.#app, this.#backend.ports)
    await outside.management.start({ workflowName: 'sink', instanceId: sinkId })
    outside.close()
    const stop = { instanceId: sinkId, eventName: 'stop', eventId: 'stop' }
    this.#retry(this.#faultEnd - this.#clock.now() + 40 * 60 * minute, ({ management }) =>
      management.raiseEvent(stop),
    )
  }

  #launch(id: string, program: Program): void {
    const events = eventsOf(program)
    const started: Started = { id, program, events, terminated: false }
    this.#started.push(started)
    const input = JSON.stringify({ program, acc: 1, sink: sinkId })
    this.#retry(0, ({ management }) =>
      management.start({ workflowName: 'run', instanceId: id, input, idempotencyKey: id }),
    )
    for (const [at, name] of events.entries()) {
      const eventId = `${id}-${at}`
      const raise = ({ management }: Runtime) =>
        management.raiseEvent({ instanceId: id, eventName: name, eventId }).then(() => {
          this.#accepted.push({ id, factId: `e:${eventId}` })
        })
      const delay = this.#rng.int(minute, 60 * minute)
      this.#retry(delay, raise)
      // A client that did not hear the answer asks again, at once or much later.
      if (this.#rng.chance(0.2))
        this.#retry(
          delay + (this.#rng.chance(0.5) ? this.#rng.int(1, 100) : this.#rng.int(1, 30) * minute),
          raise,
        )
    }
    if (this.#rng.chance(0.2)) {
      const pause = this.#rng.int(1, 20 * minute)
      this.#retry(this.#rng.int(0, 30 * minute), ({ management }) =>
        management.suspend(id).then(() => this.#retry(pause, (runtime) => runtime.management.resume(id))),
      )
      // A suspend whose answer was lost is asked for again, perhaps after the resume.
      this.#retry(this.#faultEnd - this.#clock.now() + 120 * minute, ({ management }) =>
        management.resume(id),
      )
    }
    if (this.#rng.chance(0.1)) {
      started.terminated = true
      this.#retry(this.#rng.int(0, 60 * minute), ({ management }) => management.terminate(id))
    }
  }

  /** A client that repeats its call until it is answered; an instance that has ended is an answer. */
  #retry(delayMs: number, call: (runtime: Runtime) => Promise<unknown>): void {
    this.#clock.at(delayMs, () => {
      const again = (): void => this.#retry(this.#rng.int(1_000, 60_000), call)
      let answered = false
      // A host that died does not answer.
      const giveUp = this.#clock.at(10 * minute, () => !answered && again())
      call(this.#consumer()).then(
        () => {
          answered = true
          giveUp()
        },
        (error: unknown) => {
          answered = true
          giveUp()
          const code = (error as { code?: string }).code ?? ''
          if (!/ERR_(RAISE|PAUSE|RESUME)/.test(code)) again()
        },
      )
    })
  }

  async #checkAtRest(): Promise<void> {
    const { store, queue } = this.#backend
    for (const { id, program, terminated } of this.#started) {
      const row = await store.getInstance(id)
      if (!row || !isTerminal(row.status)) {
        this.#violation(
          `I8 ${id} is ${row?.status} ${row?.stalled?.message ?? ''} with ${row?.episode} episodes`,
        )
      } else if (row.status === 'COMPLETED' ? row.output !== JSON.stringify(oracle(program)) : !terminated) {
        this.#violation(`O ${id} ended ${row.status} with ${row.output ?? row.failure?.message}`)
      }
    }
    for (const [key, line] of this.#checker.lines) {
      const last = line.at(-1)
      if (!last || !isTerminal(last.status)) this.#violation(`I8 ${key} did not end`)
      const at = key.indexOf('/')
      const { inbox } = await store.read({ instanceId: key.slice(at + 1), incarnation: key.slice(0, at) })
      // A write that came late may bring a consumed row back; it is litter, and known as such.
      const known = new Set(line.flatMap(({ events }) => events.map(factIdOf)))
      const left = isTerminal(last?.status ?? 'PENDING')
        ? []
        : inbox.filter(({ factId }) => !known.has(factId))
      if (left.length > 0)
        this.#violation(`L3 rows left in the inbox of ${key}: ${left.map((row) => row.factId).join()}`)
    }
    for (const { id, factId } of this.#accepted) {
      const line = [...this.#checker.lines].find(([key]) => key.endsWith(`/${id}`))?.[1] ?? []
      const applied = line.some(({ events }) => events.some((event) => factIdOf(event) === factId))
      if (!applied && !isTerminal(line.at(-1)?.status ?? 'PENDING'))
        this.#violation(`I2 accepted but lost: ${id} ${factId}`)
    }
    if (queue.timers.length > 0) this.#violation(`L3 timers left: ${queue.timers.join()}`)
    if (!queue.isIdle) this.#violation('L3 messages left')
    // What nobody waits for is not missed by the sweeper either.
    if (!this.#options.wipe) this.#checkDispatched()
    this.#checkEffects()
  }

  /** I3: whatever was committed was dispatched. */
  #checkDispatched(): void {
    const { lines } = this.#checker
    const sunk = [...lines].filter(([key]) => key.endsWith(`/${sinkId}`)).flatMap(([, line]) => line)
    const arrived = new Set(sunk.flatMap(({ events }) => events.map(factIdOf)))
    for (const [key, line] of lines) {
      const [incarnation, id] = key.split('/')
      const isTerminated = line.at(-1)?.status === 'TERMINATED'
      for (const { commands, generation } of line) {
        for (const command of commands) {
          const { kind, seq } = command
          if (kind === 'sendEvent' && !arrived.has(`s:${id}/${incarnation}/${generation}.${seq}`))
            this.#violation(`I3 committed and never sent: ${key} ${generation}.${seq}`)
          if (kind !== 'scheduleTask' || isTerminated) continue
          const { firstSeq = seq, attempt = 1 } = command.retry ?? {}
          if (!this.#ran.has(`${id}/${incarnation}/t:${generation}.${firstSeq}#${attempt}`))
            this.#violation(`I3 committed and never run: ${key} ${generation}.${seq}`)
        }
      }
    }
  }

  #checkEffects(): void {
    let duplicates = 0
    for (const runs of this.#ran.values()) duplicates += runs - 1
    this.#count('tasks', this.#ran.size)
    this.#count('duplicate executions', duplicates)
    if (!this.#withFaults && duplicates > 0)
      this.#violation(`I9 ${duplicates} duplicate executions without a fault`)
  }

  #violation(text: string): void {
    this.#violations.push(`${text} (at ${Math.round((this.#clock.now() - Date.UTC(2030, 0, 1)) / 1000)} s)`)
  }

  #count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by)
  }

  #mark(text: string): void {
    for (let at = 0; at < text.length; at++)
      this.#trace = (Math.imul(this.#trace, 31) + text.charCodeAt(at)) >>> 0
  }
}
