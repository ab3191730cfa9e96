// A function on this machine: a few containers, each with one call at a time, as Lambda does it. When a call finds none free one is
// added, one after the other; one that crashed or ran past the function's time is not used again, and one that is not needed ends.

import type { Clock } from '../../src/runtime/ports.ts'
import type { Container } from './containers.ts'

export interface FunctionOptions {
  /** Its name in serverless.yml with a capital: `Api`. */
  readonly name: string
  readonly arn: string
  readonly timeoutMs: number
  /** Containers at most. */
  readonly concurrency: number
  readonly clock: Clock
  readonly start: () => Promise<Container>
}

/** For at least so long, and at most twice, a container may be idle. */
const idleMs = 60_000

interface Waiting {
  readonly take: (container: Container) => void
  readonly fail: (error: unknown) => void
}

export class DeployedFunction {
  readonly name: string
  readonly arn: string
  readonly timeoutMs: number
  readonly concurrency: number
  readonly #options: FunctionOptions
  readonly #containers = new Set<Container>()
  /** The one used last is used next. */
  readonly #idle: Container[] = []
  /** Those that were idle when it was last looked, and have been since. */
  readonly #rested = new Set<Container>()
  readonly #waiting: Waiting[] = []
  #starting: Promise<void> | undefined
  #isShrinking = false
  readonly #closed = new AbortController()

  constructor(options: FunctionOptions) {
    this.#options = options
    this.name = options.name
    this.arn = options.arn
    this.timeoutMs = options.timeoutMs
    this.concurrency = options.concurrency
  }

  /** Containers that live. */
  get size(): number {
    return [...this.#containers].filter(({ hasEnded }) => !hasEnded).length
  }

  /** Has a container ready. @throws when the bundle does not load */
  async warm(): Promise<void> {
    this.#release(await this.#take())
  }

  /** Waits for a container, and calls the handler. @throws what the handler threw, as text; also when its time is over */
  async invoke(event: unknown): Promise<unknown> {
    const container = await this.#take()
    const over = new AbortController()
    let isLate = false
    void this.#options.clock.sleep(this.timeoutMs, over.signal).then(async () => {
      if (over.signal.aborted) return
      isLate = true
      await container.kill()
    })
    try {
      return await container.call(event, this.timeoutMs)
    } catch (error) {
      throw isLate
        ? new Error(`Task timed out after ${(this.timeoutMs / 1000).toFixed(2)} seconds`, { cause: error })
        : error
    } finally {
      over.abort()
      this.#release(container)
    }
  }

  /** Ends all containers, whatever they do. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#starting
    for (const { fail } of this.#waiting.splice(0)) fail(new Error(`${this.name} is closed.`))
    await Promise.all([...this.#containers].map(async (each) => each.kill()))
  }

  async #take(): Promise<Container> {
    if (this.#closed.signal.aborted) throw new Error(`${this.name} is closed.`)
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      this.#rested.delete(idle)
      if (!idle.hasEnded) return idle
      this.#containers.delete(idle)
    }
    return new Promise((take, fail) => {
      this.#waiting.push({ take, fail })
      this.#grow()
    })
  }

  /** To whom waits longest, else to those that are free. */
  #release(container: Container): void {
    if (container.hasEnded) {
      this.#containers.delete(container)
      this.#grow()
      return
    }
    const next = this.#waiting.shift()
    if (next) next.take(container)
    else this.#idle.push(container)
  }

  /** One at a time: what is busy now may be free before a new one is there. */
  #grow(): void {
    const isFull = this.#containers.size >= this.concurrency
    if (this.#starting || this.#closed.signal.aborted || isFull || this.#waiting.length === 0) return
    this.#starting = this.#options.start().then(
      (container) => {
        this.#starting = undefined
        this.#containers.add(container)
        if (this.size > 1 && !this.#isShrinking) void this.#shrink()
        this.#release(container)
        this.#grow()
      },
      (error: unknown) => {
        this.#starting = undefined
        this.#waiting.shift()?.fail(error)
        this.#grow()
      },
    )
  }

  /** Until one is left. */
  async #shrink(): Promise<void> {
    const { signal } = this.#closed
    this.#isShrinking = true
    while (this.size > 1) {
      await this.#options.clock.sleep(idleMs, signal)
      if (signal.aborted) return
      const unneeded = this.#idle.filter((each) => this.#rested.has(each)).slice(0, this.size - 1)
      for (const container of unneeded) {
        this.#idle.splice(this.#idle.indexOf(container), 1)
        this.#containers.delete(container)
      }
      this.#rested.clear()
      for (const each of this.#idle) this.#rested.add(each)
      await Promise.all(unneeded.map(async (each) => each.kill()))
    }
    this.#isShrinking = false
  }
}
