// One seeded world: random programs on the production engine and runtime, hosts that fail, a queue that misbehaves; and what must hold.

import { factIdOf } from '../../src/engine/events.ts'
import type { Episode, InstanceKey } from '../../src/runtime/episode.ts'
import type { Message } from '../../src/runtime/messages.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { App } from '../../src/workflow/app.ts'
import { lineKey, LineChecker } from '../support/line-checker.ts'
import { mayRunAgain, rerunPrefix } from './again.ts'
import { checkAtRest } from './at-rest.ts'
import { awsPlatform } from './aws/aws-platform.ts'
import { Clients, type Launch, sinkId } from './clients.ts'
import {
  type Conditions,
  conditionsOf,
  hour,
  minute,
  type WorldOptions as Circumstances,
} from './conditions.ts'
import { withLowLimits } from './low-limits.ts'
import type { Mutant } from './mutants/mutant.ts'
import { hostCount, type Platform, type Surroundings } from './platform.ts'
import { portsPlatform } from './ports-platform.ts'
import { countEpisode } from './probes.ts'
import { type Effects, programApp } from './program-app.ts'
import { type Program, randomProgram, withFragileStep, withRareStep, withRivals } from './programs.ts'
import { Rng } from './rng.ts'
import { runToRest } from './run-to-rest.ts'
import type { Trace } from './trace.ts'

const visibilityMs = 3 * minute
/** More messages are a flood: nothing that happens in a world is reason enough for so many. */
const mostMessages = 2_000

export type Level = 'ports' | 'aws'

export interface WorldOptions extends Circumstances {
  /** What every instance runs. Default: a random program each. */
  readonly program?: Program
  /** What is launched, instead of random programs: to find the least that still fails. */
  readonly launches?: readonly Launch[]
  /** Below the adapters of AWS, or port by port, which is the default. */
  readonly level?: Level
  /** A defect, to see that it is found. */
  readonly mutant?: Mutant
  readonly trace?: (now: () => number) => Trace
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
  return withLowLimits(conditions, run)
}

class World {
  readonly #seed: number
  readonly #options: WorldOptions
  readonly #conditions: Conditions
  readonly #rng: Rng
  readonly #clock = new VirtualClock()
  readonly #begin = this.#clock.now()
  readonly #faultEnd: number
  #platform: Platform | undefined
  readonly #clients: Clients
  readonly #checker: LineChecker
  readonly #runs = new Map<string, number>()
  readonly #effects = new Map<string, Map<number, number>>()
  /** What was asked under each key. */
  readonly #named = new Map<string, number>()
  readonly #begun = new Set<string>()
  /** When, by incarnation. */
  readonly #purged = new Map<string, number>()
  /** Instances that try the same, in order. */
  readonly #tries = new Map<string, readonly string[]>()
  readonly #details = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  readonly #violations: string[] = []
  /** By life, after its newest episode. */
  readonly #statuses = new Map<string, string>()
  readonly #trace: Trace | undefined
  readonly #apps = new Map<boolean, App>()
  /** What must be there before anything happens is not in the way of faults. */
  #hasBegun = false
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
    this.#checker = new LineChecker(
      () => this.#clock.now() + conditions.skewMs,
      (text) => this.#violation(text),
    )
    this.#clients = new Clients({
      clock: this.#clock,
      rng: this.#rng.fork('clients'),
      caller: () => this.#stage.caller(),
      isStable: !conditions.misfit,
      faultEnd: this.#faultEnd,
      count: (what) => this.#count(what),
      violated: (text) => this.#violation(text),
    })
  }

  async run(): Promise<Report> {
    const open = this.#options.level === 'aws' ? awsPlatform : portsPlatform
    this.#platform = await open(this.#surroundings())
    await this.#stage.begin()
    await this.#startSink()
    this.#hasBegun = true
    const launches = this.#launch()
    this.#schedule()
    const horizon = this.#faultEnd - this.#begin + 48 * hour
    await runToRest(this.#clock, () => this.#violations.length > 0, horizon)
    if (this.#violations.length === 0)
      await this.#checkAtRest().catch((error: unknown) =>
        this.#violation(`I2 what is kept cannot be read: ${String(error)}`),
      )
    this.#stage.close()
    return {
      seed: this.#seed,
      violations: this.#violations,
      counts: this.#counts,
      trace: this.#digest,
      virtualMs: this.#clock.now() - this.#begin,
      launches,
    }
  }

  get #stage(): Platform {
    if (this.#platform) return this.#platform
    throw new Error('the world has not begun')
  }

  #surroundings(): Surroundings {
    return {
      clock: this.#clock,
      rng: this.#rng,
      conditions: this.#conditions,
      mutant: this.#options.mutant,
      trace: this.#trace,
      visibilityMs,
      newId: () => `${++this.#ids}`,
      isFaulty: () => this.#faulty,
      app: () => this.#app(),
      count: (what, by) => this.#count(what, by),
      committed: (key, episode) => this.#committed(key, episode),
      purged: ({ incarnation }) => void this.#purged.set(incarnation, this.#clock.now()),
      sent: (messages) => this.#sends(messages),
    }
  }

  #committed(key: InstanceKey, episode: Episode): void {
    this.#checker.committed(key, episode)
    const name = lineKey(key)
    countEpisode(episode, this.#statuses.get(name), (what) => this.#count(what))
    this.#statuses.set(name, episode.status)
    this.#mark(`${name}:${episode.n}:${episode.by}:${episode.events.map(factIdOf).join()}`)
  }

  /** What is deployed now: the same for all hosts that boot meanwhile. */
  #app(): App {
    const present = this.#apps.get(this.#isMisfit)
    if (present) return present
    const effects: Effects = {
      ran: (key, label, x) => this.#ran(key, label, x),
      began: (key) => this.#began(key),
      interrupted: () => this.#interrupted(),
      nth: (call, instanceId) => this.#nth(call, instanceId),
      refused: () => this.#count('child refused'),
      told: (key, details) => void this.#details.set(key, details),
      heard: (key, attempt, details) => this.#heard(key, attempt, details),
      asked: (token, outcome) => this.#clients.complete(token, outcome),
      isMended: (label) => this.#clients.again.isMended(label),
      pause: async (ms) => this.#clock.sleep(ms),
    }
    const app = programApp(effects, this.#isMisfit)
    this.#apps.set(this.#isMisfit, app)
    return app
  }

  #ran(key: string, run: string, x: number): void {
    const named = this.#named.get(key) ?? x
    if (named !== x) this.#violation(`O the key of one call came to another: ${key} of ${named} and ${x}`)
    this.#named.set(key, named)
    // A rerun has the input, and so the label, of the other life.
    const label = key.startsWith(rerunPrefix) ? rerunPrefix + run : run
    const before = this.#runs.get(key) ?? 0
    this.#runs.set(key, before + 1)
    if (before > 0) return
    const effects = this.#effects.get(label) ?? new Map<number, number>()
    this.#effects.set(label, effects.set(x, (effects.get(x) ?? 0) + 1))
  }

  #began(key: string): void {
    if (this.#begun.has(key)) this.#violation(`I10 begun twice, and may be but once: ${key}`)
    this.#begun.add(key)
  }

  #interrupted(): void {
    this.#count('activity that runs at most once interrupted')
    if (!this.#options.faults) this.#violation('I9 interrupted without a fault')
  }

  #nth(call: string, instanceId: string): number {
    const tries = this.#tries.get(call) ?? []
    const at = tries.indexOf(instanceId)
    if (at >= 0) return at + 1
    this.#tries.set(call, [...tries, instanceId])
    if (tries.length > 0) this.#count('child tried again')
    return tries.length + 1
  }

  /** With faults there are runs that were overtaken, and told in vain. */
  #heard(key: string, attempt: number, details: number): void {
    if (details > 0) this.#count('details of a heartbeat heard')
    const told = this.#details.get(key) ?? 0
    if (!this.#options.faults && details !== told)
      this.#violation(`I11 attempt ${attempt} of ${key} hears ${details}, and ${told} was told`)
  }

  #launch(): readonly Launch[] {
    const { program, launches = program ? this.#launchAll(() => ({ program })) : undefined } = this.#options
    const rng = this.#rng.fork('programs')
    const all =
      launches ??
      this.#launchAll((at) => {
        const drawn = randomProgram(rng)
        const next = rng.chance(0.25) ? { next: randomProgram(rng.fork(`next ${at}`)) } : {}
        const fragile = this.#rng.fork(`fragile ${at}`)
        // One that fails has its id used again at once, by whoever waits for its end.
        const isFragile =
          mayRunAgain(drawn) && !('next' in next) && !this.#conditions.misfit && fragile.chance(0.1)
        const own = isFragile ? withFragileStep(fragile, drawn) : drawn
        const rivals = this.#rng.fork(`rivals ${at}`)
        const mixed = rivals.chance(0.25) ? withRivals(rivals, own) : own
        const rare = this.#rng.fork(`rare ${at}`)
        const isRare = !isFragile && rare.chance(0.25)
        return {
          program: isRare ? withRareStep(rare, mixed) : mixed,
          ...next,
          ...lot(rare, isFragile || 'next' in next),
        }
      })
    const fit = this.#options.level === 'aws' ? withinFunctions(all) : all
    for (const [at, launch] of fit.entries()) this.#clients.launch(`i${at + 1}`, launch)
    return fit
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
        this.#stage.wipe()
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
    this.#clients.retry(delayMs, async (caller) => caller.recoverStalled())
  }

  /** One host after the other. */
  #deploy(isMisfit: boolean): void {
    this.#count(isMisfit ? 'deployment of code that does not fit' : 'deployment of code that fits')
    this.#isMisfit = isMisfit
    for (let step = 0; step < hostCount; step++) {
      this.#clock.at(step * minute, () => {
        if (this.#isMisfit === isMisfit) this.#stage.deploy(step)
      })
    }
  }

  #sweep(periodMs: number): void {
    const heard = (isIdle: boolean): void => {
      this.#idleSweeps = isIdle && !this.#faulty ? this.#idleSweeps + 1 : 0
    }
    this.#stage.sweep(periodMs).then(heard, () => {})
    // It would find nothing more: whatever was lost has been rung for twice over.
    const isOver = this.#idleSweeps * periodMs > 10 * minute
    if (!isOver && this.#clock.now() < this.#faultEnd + 12 * hour)
      this.#clock.at(periodMs, () => this.#sweep(periodMs))
  }

  get #faulty(): boolean {
    if (!this.#hasBegun && this.#options.level === 'aws') return false
    return this.#clock.now() < this.#faultEnd
  }

  /** I3: nothing is sent that is not committed; L4: messages do not multiply. */
  #sends(messages: readonly Message[]): void {
    this.#checker.sent(messages)
    this.#sent += messages.length
    this.#count('messages sent', messages.length)
    if (this.#sent > mostMessages && this.#violations.length === 0)
      this.#violation(`L4 more than ${mostMessages} messages`)
  }

  /** An instance that takes whatever the others send, until the end of the world. */
  async #startSink(): Promise<void> {
    await this.#stage.outside.start({ workflowName: 'sink', instanceId: sinkId })
    const stop = { instanceId: sinkId, eventName: 'stop', eventId: 'stop' }
    this.#clients.retry(this.#faultEnd - this.#begin + 40 * hour, async ({ management }) =>
      management.raiseEvent(stop),
    )
  }

  async #checkAtRest(): Promise<void> {
    await checkAtRest({
      lines: this.#checker.lines,
      store: this.#stage.store,
      clients: this.#clients,
      ledger: { runs: this.#runs, effects: this.#effects },
      left: await this.#stage.left(),
      isWiped: this.#options.wipe ?? false,
      isFaulty: this.#options.faults ?? false,
      isTimely: !['freeze', 'late apply', 'slow answer'].some((what) => this.#counts.has(what)),
      purged: this.#purged,
      calmFrom: this.#options.faults ? this.#faultEnd : this.#begin,
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

/** What becomes of an instance besides. @param isTaken something else becomes of it */
function lot(rng: Rng, isTaken: boolean): Omit<Launch, 'program' | 'next'> {
  const isLater = rng.chance(0.1)
  const isRestarted = rng.chance(0.1) && !isTaken
  return { ...(isLater && { inSeconds: rng.int(1, 1_800) }), ...(isRestarted && { isRestarted }) }
}

/** Those that run once take longer here than the functions of these worlds may, and would fail. */
function withinFunctions(launches: readonly Launch[]): readonly Launch[] {
  const text = JSON.stringify(launches)
    .replaceAll('"k":"onces"', '"k":"fan"')
    .replaceAll('"k":"once"', '"k":"act"')
  return JSON.parse(text) as readonly Launch[]
}
