// Moves the clock of a test environment. What is due is done at once; time skips only when nothing else can happen and somebody waits
// for it. "Nothing else" is a fact, not a pause: no message is due, no replay window is open, and no activity runs.

import { TenutoError } from '../workflow/errors.ts'
import { settle, type VirtualClock } from './virtual-clock.ts'

/** What holds the clock while it runs: an activity, by the name that a message shows. */
export interface Holder {
  readonly name: string
}

interface Wish {
  /**
   * `rest`: until all is done that can be done now. `idle`: and no activity runs. `time`: until the clock stands at `until`. `state`:
   * until `holds`, or the clock stands at `until`.
   */
  readonly kind: 'rest' | 'idle' | 'time' | 'state'
  readonly until: number
  readonly holds: () => boolean | Promise<boolean>
  readonly grant: (came: boolean) => void
  readonly refuse: (error: unknown) => void
  /** Why it can never come, when nothing is left to happen. */
  readonly explain: () => Promise<string>
  skips: number
}

export interface TimekeeperOptions {
  /** What runs now and holds the clock. */
  readonly holders: () => readonly Holder[]
  /** Whether time skips for somebody who waits for a state; else only `passTo` moves it. */
  readonly skipsByItself: boolean
  /** Real ms for which an activity may hold the clock. */
  readonly patienceMs: number
}

/** Skips of time for one state: a monitor that never ends would keep a test for ever. */
const maxSkips = 5_000

// Kept as they are now: whoever fakes the timers of the process fakes them for the code under test.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis

export class Timekeeper {
  readonly #clock: VirtualClock
  readonly #options: TimekeeperOptions
  readonly #wishes = new Set<Wish>()
  #isRunning = false
  #isClosed = false
  #wake = (): void => {}

  constructor(clock: VirtualClock, options: TimekeeperOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** Resolves when all is done that can be done now; activities may still run. */
  async rest(): Promise<void> {
    await this.#wish({ kind: 'rest' })
  }

  /** Resolves when all is done that can be done now, and no activity runs. */
  async idle(): Promise<void> {
    await this.#wish({ kind: 'idle' })
  }

  /** Lets time pass up to a moment, everything in between included. */
  async passTo(ms: number): Promise<void> {
    await this.#wish({ kind: 'time', until: ms })
  }

  /**
   * Waits until something holds, or the clock stands at `until`. @returns whether it held
   * @throws TenutoError `TEST_STUCK` when nothing is left to happen
   */
  async passUntil(
    holds: () => Promise<boolean>,
    until: number,
    explain: () => Promise<string>,
  ): Promise<boolean> {
    return this.#wish({ kind: 'state', holds, until, explain })
  }

  /** What holds the clock has changed. */
  changed(): void {
    this.#wake()
  }

  close(): void {
    this.#isClosed = true
    this.#refuseAll(closed())
    this.#wake()
  }

  assertOpen(): void {
    if (this.#isClosed) throw closed()
  }

  async #wish(wish: Pick<Wish, 'kind'> & Partial<Wish>): Promise<boolean> {
    this.assertOpen()
    return new Promise((grant, refuse) => {
      const holds = () => wish.kind === 'rest' || this.#holders.length === 0
      const explain = async () => 'it waits for nothing'
      this.#wishes.add({ until: this.#clock.now(), holds, explain, ...wish, grant, refuse, skips: 0 })
      this.#wake()
      void this.#run()
    })
  }

  get #holders(): readonly Holder[] {
    return this.#options.holders()
  }

  /** One loop for all, so that nobody skips time while somebody else's work is under way. */
  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      while (this.#wishes.size > 0) await this.#step()
    } catch (error) {
      this.#refuseAll(error)
    } finally {
      this.#isRunning = false
    }
  }

  async #step(): Promise<void> {
    await settle()
    if (this.#clock.step(this.#clock.now())) return
    // Whoever is granted something may do more before time goes on.
    if (await this.#grant()) return
    if (this.#holders.length > 0) return this.#holdStill()
    const mayPass = this.#options.skipsByItself || [...this.#wishes].some(({ kind }) => kind === 'time')
    if (mayPass) await this.#pass()
    else await this.#change()
  }

  async #grant(): Promise<boolean> {
    let granted = false
    for (const wish of this.#wishes) {
      const isTime = this.#clock.now() >= wish.until
      const holds = wish.kind === 'time' ? isTime && this.#holders.length === 0 : await wish.holds()
      const isOver = holds || (wish.kind === 'state' && isTime)
      if (!isOver || !this.#wishes.delete(wish)) continue
      wish.grant(holds)
      granted = true
    }
    return granted
  }

  async #pass(): Promise<void> {
    for (const wish of this.#wishes) {
      if (++wish.skips > maxSkips) {
        const message = `Time was skipped ${maxSkips} times, to ${new Date(this.#clock.now()).toISOString()}, and it has not come: ${await wish.explain()}. What never ends is tested with advance.`
        this.#refuse(wish, message)
      }
    }
    const until = Math.min(...[...this.#wishes].map((wish) => wish.until))
    if (this.#clock.step(until)) return
    if (Number.isFinite(until)) {
      this.#clock.skipTo(until)
      return
    }
    for (const wish of this.#wishes) {
      this.#refuse(wish, `Nothing is left to happen: ${await wish.explain()}.`)
    }
  }

  /** An activity runs: time stands still until it has ended, or for as long as patience lasts. */
  async #holdStill(): Promise<void> {
    const { patienceMs } = this.#options
    const names = this.#holders.map(({ name }) => name).join(', ')
    const timer = startTimer(() => {
      for (const wish of this.#wishes) {
        this.#refuse(
          wish,
          `Time stands still while an activity runs, and ${names} has run for ${patienceMs} ms.`,
        )
      }
      this.#wake()
    }, patienceMs)
    await this.#change()
    stopTimer(timer)
  }

  async #change(): Promise<void> {
    if (this.#wishes.size === 0) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }

  #refuse(wish: Wish, message: string): void {
    if (this.#wishes.delete(wish)) wish.refuse(new TenutoError('TEST_STUCK', message))
  }

  #refuseAll(error: unknown): void {
    for (const { refuse } of this.#wishes) refuse(error)
    this.#wishes.clear()
  }
}

function closed(): TenutoError {
  return new TenutoError('UNAVAILABLE', 'The test environment is closed.')
}
