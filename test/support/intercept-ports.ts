// The ports with somebody in between: every call of store, queue and timers goes through an interceptor.

import type { Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'

interface PortCall {
  /** Name of the method: `appendEpisode`, `send`, `schedule` … */
  readonly method: string
  readonly args: readonly unknown[]
}

/** @param run makes the call; the interceptor may make it, not make it, make it twice, or give another answer */
export type Interceptor = (call: PortCall, run: () => Promise<unknown>) => Promise<unknown>

export function interceptPorts(ports: Ports, interceptor: Interceptor): Ports {
  const guard = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        // It asks nobody.
        if (name === 'fits') return (message: Message) => Reflect.apply(member, target, [message]) as boolean
        return (...args: unknown[]) =>
          interceptor(
            { method: String(name), args },
            () => Reflect.apply(member, target, args) as Promise<unknown>,
          )
      },
    })
  return { ...ports, store: guard(ports.store), queue: guard(ports.queue), timers: guard(ports.timers) }
}

/** The ports with some methods of the store, the queue or the timers replaced. */
export function withPorts(
  ports: Ports,
  replaced: Partial<Ports['store'] & Ports['queue'] & Ports['timers']>,
): Ports {
  const methods = new Map<string | symbol, unknown>(Object.entries(replaced))
  const over = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return methods.get(name) ?? ((...args: unknown[]): unknown => Reflect.apply(member, target, args))
      },
    })
  return { ...ports, store: over(ports.store), queue: over(ports.queue), timers: over(ports.timers) }
}
