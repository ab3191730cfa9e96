// A virtual clock beside a store that takes real time: months may not pass while an answer of DynamoDB is on its way. So the clock stands
// still for every call of the store, unless that call sleeps on the clock itself, as it does between two attempts.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock, Store } from '../../src/runtime/ports.ts'
import { settle, VirtualClock } from '../../src/testing/virtual-clock.ts'

type Methods = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>

interface StoreCall {
  sleepers: number
}

export class VirtualTime {
  readonly #virtual = new VirtualClock()
  readonly clock: Clock = {
    now: () => this.#virtual.now(),
    sleep: async (ms, signal) => this.#sleep(ms, signal),
  }
  readonly #current = new AsyncLocalStorage<StoreCall>()
  readonly #calls = new Set<StoreCall>()
  #changed = Promise.withResolvers<void>()

  /** The same store, with time standing still while it works. */
  hold(store: Store): Store {
    const held = Object.entries(store as unknown as Methods).map(([name, method]) => [
      name,
      async (...args: unknown[]) => this.#hold(async () => method(...args)),
    ])
    return Object.fromEntries(held) as Store
  }

  /** Does something after a while, with time standing still while it does; how it ends is nobody's affair. */
  later(ms: number, act: () => Promise<unknown>): void {
    const doing = this.#current.exit(async () => {
      await this.#virtual.sleep(ms)
      await this.#hold(act)
    })
    doing.catch(() => {})
  }

  /**
   * Lets time pass until `done` says so, nothing is left to happen, or the limit is reached.
   * @returns whether `done` said so
   */
  async runUntil(done: () => boolean, limitMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const until = this.#virtual.now() + limitMs
    for (;;) {
      await this.#settle()
      if (done()) return true
      if (this.#virtual.step(until)) continue
      if (Number.isFinite(limitMs)) this.#goTo(until)
      return false
    }
  }

  /** Lets time pass until the promise is settled. */
  async pass<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const note = (): void => {
      isSettled = true
    }
    promise.then(note, note)
    if (!(await this.runUntil(() => isSettled))) throw new Error('Nothing is left to happen.')
    return promise
  }

  #goTo(at: number): void {
    this.#virtual.at(at - this.#virtual.now(), () => {})
    this.#virtual.step(at)
  }

  async #settle(): Promise<void> {
    await settle()
    while (this.#isHeld()) {
      await this.#changed.promise
      await settle()
    }
  }

  #isHeld(): boolean {
    return [...this.#calls].some(({ sleepers }) => sleepers === 0)
  }

  async #hold<T>(act: () => Promise<T>): Promise<T> {
    const call: StoreCall = { sleepers: 0 }
    this.#calls.add(call)
    try {
      return await this.#current.run(call, act)
    } finally {
      this.#calls.delete(call)
      this.#note()
    }
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const call = this.#current.getStore()
    if (!call) return this.#virtual.sleep(ms, signal)
    call.sleepers++
    this.#note()
    await this.#virtual.sleep(ms, signal)
    call.sleepers--
  }

  #note(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
