// A host that may crash, freeze, be throttled and be lied to at every single I/O.

import type { Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { type FaultRates, type FaultSource, type Host, strike } from './faults.ts'
import type { Rng } from './rng.ts'

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
  return strike(host, source, {
    run: async () => run(args),
    part(rates) {
      const some = partOf(name, args, source.rng, rates)
      return some && (async () => fail(run(some), 'some of them failed'))
    },
    throttled: async () => fail(undefined, 'throttled'),
    unheard: async () => fail(undefined, 'the answer was lost'),
  })
}

async function fail(done: unknown, how: string): Promise<never> {
  await done
  throw new Error(`simulated: ${how}`)
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
