// Tells to which handler call a port call belongs.
//
// A handler is answered before its writes are flushed. Should that flush fail, it goes on in the belief that
// its episode exists, and must not be able to make anything durable that rests on it. A handler is known by
// its async context.

import { AsyncLocalStorage } from 'node:async_hooks'

/** One call of the consumer. */
export interface HandlerCall {
  /** It has seen or written what a failed flush took back: nothing it does counts any more. */
  isVoid: boolean
  isOver: boolean
}

export class Fence {
  readonly #calls = new AsyncLocalStorage<HandlerCall | undefined>()

  run<T>(call: HandlerCall, work: () => T): T {
    return this.#calls.run(call, work)
  }

  /**
   * Runs the backend's own work, which belongs to no handler although a handler's write may have set it off.
   */
  runOutside<T>(work: () => T): T {
    return this.#calls.run(undefined, work)
  }

  /** The call in whose context this runs, as long as it lasts. */
  current(): HandlerCall | undefined {
    const call = this.#calls.getStore()
    return call?.isOver ? undefined : call
  }
}
