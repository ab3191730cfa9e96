// The containers of one function in this process. Lambda gives a container one invocation at a time, and starts another one when all are
// busy; each has memory of its own.

export interface Pool<Handler> {
  /** Runs one invocation in a container that is free, or in a new one. */
  run<T>(invoke: (handler: Handler, container: Lent) => Promise<T>): Promise<T>
}

export interface Lent {
  /** From 0, in order of their start. */
  readonly container: number
  /** Its first invocation. */
  readonly isCold: boolean
}

/**
 * Which of so many free containers is taken; any other number starts a new one. Lambda mostly takes the one that was busy last, which is
 * the last one here.
 */
export type Choose = (free: number) => number

export const lastBusy: Choose = (free) => free - 1

export function createPool<Handler>(start: () => Handler, choose: Choose): Pool<Handler> {
  const free: { readonly handler: Handler; readonly container: number }[] = []
  let started = 0
  return {
    async run(invoke) {
      const [warm] = free.splice(free.length === 0 ? 0 : choose(free.length), 1)
      const taken = warm ?? { handler: start(), container: started++ }
      try {
        return await invoke(taken.handler, { container: taken.container, isCold: !warm })
      } finally {
        free.push(taken)
      }
    },
  }
}
