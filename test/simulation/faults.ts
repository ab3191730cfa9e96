// What may befall a host whenever it asks something of the world: it may crash, freeze, be refused and be lied to.

import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { Rng } from './rng.ts'
import type { Trace } from './trace.ts'

/** Of each kind, the chance that it strikes at an I/O. */
export interface FaultRates {
  readonly crash: number
  readonly throttle: number
  readonly ambiguous: number
  /** The host dies, and what it had asked for is done some minutes later. */
  readonly late: number
  readonly slow: number
  readonly freeze: number
  /** Some of several things are done, and an error is reported. */
  readonly partial: number
}

export interface Host {
  readonly name: string
  /** Ms by which its clock is wrong. */
  readonly skewMs: number
  dead: boolean
  frozenUntil: number
}

export interface FaultSource {
  readonly clock: VirtualClock
  readonly rng: Rng
  /** undefined once faults have ended. */
  readonly rates: () => FaultRates | undefined
  readonly crash: (host: Host) => void
  readonly count: (fault: string) => void
  readonly visibilityMs: number
  readonly trace?: Trace | undefined
}

/** Something that a host asks for. */
export interface Deed {
  run(): Promise<unknown>
  /** Does some of several things, and tells what was not done; undefined when it is one thing. */
  part?(rates: FaultRates): (() => Promise<unknown>) | undefined
  /** What the host is told that is asked too often. */
  throttled(): unknown
  /** What the host is told that does not hear the answer. */
  unheard(): unknown
  /** What becomes of it when the answer takes so long, ms; undefined: the host waits. */
  late?(latencyMs: number): Promise<unknown> | undefined
}

/** A call of a dead host never comes back. */
export async function strike(host: Host, source: FaultSource, deed: Deed): Promise<unknown> {
  const { clock, rng, count } = source
  if (host.dead) return never()
  const rates = source.rates()
  let latency = rng.int(2, 12)
  if (rates && rng.chance(rates.slow)) {
    count('slow answer')
    latency = rng.int(1_000, 45_000)
    const late = deed.late?.(latency)
    if (late) return late
  }
  if (rates && rng.chance(rates.freeze)) freeze(host, source)
  await clock.sleep(latency / 2)
  await thaw(host, clock)
  if (host.dead) return never()
  if (rates) {
    if (rng.chance(rates.crash / 2)) return crash(host, source, 'crash before')
    if (rng.chance(rates.throttle)) {
      count('throttle')
      return deed.throttled()
    }
    if (rng.chance(rates.late)) {
      clock.at(rng.int(1_000, 480_000), () => void deed.run().catch(() => {}))
      return crash(host, source, 'late apply')
    }
    const part = deed.part?.(rates)
    if (part) {
      count('part of a batch')
      return part()
    }
  }
  const result = await deed.run()
  if (rates) {
    if (rng.chance(rates.ambiguous)) {
      count('success reported as failure')
      return deed.unheard()
    }
    if (rng.chance(rates.crash / 2)) return crash(host, source, 'crash after')
  }
  await clock.sleep(latency / 2)
  await thaw(host, clock)
  return host.dead ? never() : result
}

function freeze(host: Host, { clock, rng, count, visibilityMs }: FaultSource): void {
  count('freeze')
  // Half of the thaws are aimed at the moment of redelivery.
  const ms = rng.chance(0.5) ? visibilityMs + rng.int(0, 150) : rng.int(1_000, 360_000)
  host.frozenUntil = Math.max(host.frozenUntil, clock.now() + ms)
}

async function thaw(host: Host, clock: VirtualClock): Promise<void> {
  while (host.frozenUntil > clock.now()) await clock.sleep(host.frozenUntil - clock.now())
}

function crash(host: Host, source: FaultSource, how: string): Promise<never> {
  source.count(how)
  source.trace?.(host.name, how)
  source.crash(host)
  return never()
}

function never(): Promise<never> {
  return new Promise(() => {})
}
