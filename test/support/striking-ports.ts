// Ports whose every call goes through the hands of a test: to fail the k-th one.

import type { Ports } from '../../src/runtime/ports.ts'

export type Strike = <T>(call: () => Promise<T>) => Promise<T>

export function striking(ports: Ports, strike: Strike): Ports {
  const all = <P extends object>(port: P): P =>
    new Proxy(port, {
      get(target, name, receiver) {
        const method: unknown = Reflect.get(target, name, receiver)
        if (typeof method !== 'function' || name === 'fits') return method
        return async (...args: unknown[]) => strike(async () => method.apply(target, args) as unknown)
      },
    })
  return { ...ports, store: all(ports.store), queue: all(ports.queue), timers: all(ports.timers) }
}
