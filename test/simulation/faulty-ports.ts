// A host that may crash, freeze, be throttled and be lied to at every single I/O.

import type { Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
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

/** Where in the arguments of a call that takes several things at once they stand. */
const manyOf: ReadonlyMap<string, number> = new Map([
  ['send', 0],
  ['schedule', 0],
  ['putOutcomes', 1],
  ['deleteInbox', 1],
])

/** The ports as one host sees them. A call of a dead host never comes back. */
export function faultyPorts(ports: Ports, host: Host, source: FaultSource): Ports {
  const { clock } = source
  const guard = <T extends object>(port: T): T => {
    const calls = new Map<string | symbol, unknown>()
    return new Proxy(port, {
      get(target, name) {
        const known = calls.get(name)
        if (known !== undefined) return known
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function' || typeof name !== 'string') return member
        // It asks nobody.
        if (name === 'fits') return (message: Message) => Reflect.apply(member, target, [message]) as boolean
        const run = (args: unknown[]) => Reflect.apply(member, target, args) as Promise<unknown>
        const guarded = (...args: unknown[]) => traced(host, source, name, args, run)
        calls.set(name, guarded)
        return guarded
      },
    })
  }
  const now = () => clock.now() + host.skewMs
  return {
    ...ports,
    store: guard(ports.store),
    queue: guard(ports.queue),
    timers: guard(ports.timers),
    clock: { now, sleep: (ms, signal) => clock.sleep(ms, signal) },
  }
}

type Run = (args: unknown[]) => Promise<unknown>

async function traced(host: Host, source: FaultSource, name: string, args: unknown[], run: Run) {
  const { trace } = source
  if (!trace) return call(host, source, name, args, run)
  trace(host.name, `> ${name}`, args)
  try {
    const result = await call(host, source, name, args, run)
    trace(host.name, `< ${name}`, result)
    return result
  } catch (error) {
    trace(host.name, `! ${name}`, String(error))
    throw error
  }
}

async function call(host: Host, source: FaultSource, name: string, args: unknown[], run: Run) {
  const { clock, rng, count } = source
  if (host.dead) return never()
  const rates = source.rates()
  let latency = rng.int(2, 12)
  if (rates && rng.chance(rates.slow)) {
    count('slow answer')
    latency = rng.int(1_000, 45_000)
  }
  if (rates && rng.chance(rates.freeze)) freeze(host, source)
  await clock.sleep(latency / 2)
  await thaw(host, clock)
  if (host.dead) return never()
  if (rates) {
    if (rng.chance(rates.crash / 2)) return crash(host, source, 'crash before')
    if (rng.chance(rates.throttle)) {
      count('throttle')
      throw new Error('simulated: throttled')
    }
    if (rng.chance(rates.late)) {
      clock.at(rng.int(1_000, 480_000), () => void run(args).catch(() => {}))
      return crash(host, source, 'late apply')
    }
    const part = partOf(name, args, rng, rates)
    if (part) {
      count('part of a batch')
      await run(part)
      throw new Error('simulated: some of them failed')
    }
  }
  const result = await run(args)
  if (rates) {
    if (rng.chance(rates.ambiguous)) {
      count('success reported as failure')
      throw new Error('simulated: the answer was lost')
    }
    if (rng.chance(rates.crash / 2)) return crash(host, source, 'crash after')
  }
  await clock.sleep(latency / 2)
  await thaw(host, clock)
  return host.dead ? never() : result
}

/** The arguments with some of the things left out; undefined when all are to be done. */
function partOf(name: string, args: unknown[], rng: Rng, { partial }: FaultRates): unknown[] | undefined {
  const at = manyOf.get(name)
  if (at === undefined) return undefined
  const all = args[at]
  if (!Array.isArray(all) || all.length < 2 || !rng.chance(partial)) return undefined
  return args.with(
    at,
    all.filter(() => rng.chance(0.5)),
  )
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
