// Gates: they let two chains step in turns, so that both see the same disk and the same neighbours on the machine.

/** Gates by instance id. */
export type Gates = Map<string, Gate>

export class Gate {
  #free: number
  #turn = Promise.withResolvers<void>()
  #arrival = Promise.withResolvers<void>()

  /** @param free how often it is passed before it closes */
  constructor(free: number) {
    this.#free = free
  }

  /** For the activity: goes through, or waits for its turn. */
  async pass(): Promise<void> {
    if (this.#free-- > 0) return
    const { promise } = this.#turn
    this.#arrival.resolve()
    await promise
  }

  /** Resolves when somebody stands at the gate. */
  get arrival(): Promise<void> {
    return this.#arrival.promise
  }

  /** Lets the one at the gate through. Resolves when the next one stands there. */
  async step(): Promise<void> {
    const { resolve } = this.#turn
    this.#turn = Promise.withResolvers()
    this.#arrival = Promise.withResolvers()
    resolve()
    await this.arrival
  }

  /** Lets everybody through from now on. */
  open(): void {
    this.#free = Number.POSITIVE_INFINITY
    this.#turn.resolve()
  }
}
