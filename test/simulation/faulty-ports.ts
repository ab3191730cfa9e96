// A host that may crash, freeze, be throttled and be lied to at every single I/O.

import type { Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { Rng } from './rng.ts'

export interface FaultRates {
  readonly crash: number
  readonly throttle: number
  readonly ambiguous: number
  readonly late: number
  readonly slow: number
  readonly freeze: number
}

export interface Host {
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
}

/** The ports as one host sees them. A call of a dead host never comes back. */
export function faultyPorts(ports: Ports, host: Host, source: FaultSource): Ports {
  const guard = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        // It asks nobody.
        if (name === 'fits') return (message: Message) => Reflect.apply(member, target, [message]) as boolean
        return (...args: unknown[]) =>
          call(host, source, () => Reflect.apply(member, target, args) as Promise<unknown>)
      },
    })
  return { ...ports, store: guard(ports.store), queue: guard(ports.queue), timers: guard(ports.timers) }
}

async function call(host: Host, source: FaultSource, run: () => Promise<unknown>): Promise<unknown> {
  const { clock, rng, count } = source
  if (host.dead) return never()
  const rates = source.rates()
  let latency = rng.int(2, 12)
  if (rates && rng.chance(rates.slow)) latency = rng.int(1_000, 45_000)
  if (rates && rng.chance(rates.freeze)) {
    count('freeze')
    // Half of the thaws are aimed at the moment of redelivery.
    const ms = rng.chance(0.5) ? source.visibilityMs + rng.int(0, 150) : rng.int(1_000, 360_000)
    host.frozenUntil = Math.max(host.frozenUntil, clock.now() + ms)
  }
  await clock.sleep(latency / 2)
  await thaw(host, clock)
  if (host.dead) return never()
  if (rates && rng.chance(rates.crash / 2)) return crash(host, source, 'crash before')
  if (rates && rng.chance(rates.throttle)) {
    count('throttle')
    throw new Error('simulated: throttled')
  }
  if (rates && rng.chance(rates.late)) {
    clock.at(rng.int(1_000, 480_000), () => void run().catch(() => {}))
    return crash(host, source, 'late apply')
  }
  const result = await run()
  if (rates && rng.chance(rates.ambiguous)) {
    count('success reported as failure')
    throw new Error('simulated: the answer was lost')
  }
  if (rates && rng.chance(rates.crash / 2)) return crash(host, source, 'crash after')
  await clock.sleep(latency / 2)
  await thaw(host, clock)
  return host.dead ? never() : result
}

async function thaw(host: Host, clock: VirtualClock): Promise<void> {
  while (host.frozenUntil > clock.now()) await clock.sleep(host.frozenUntil - clock.now())
}

function crash(host: Host, source: FaultSource, how: string): Promise<never> {
  source.count(how)
  source.crash(host)
  return never()
}

function never(): Promise<never> {
  return new Promise(() => {})
}
