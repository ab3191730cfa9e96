// Virtual time around real requests. Every request takes its time on a virtual clock, after it was really made; the clock moves on only
// when each invocation waits for such an answer. Really they are made one after the other, in the order asked for. So any number of
// functions at once meet each other in the same order in every run, however fast the machine is.

import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextMacrotask } from 'node:timers/promises'
import type { AwsClients } from '../../src/aws/index.ts'
import { settle, VirtualClock } from '../../src/testing/virtual-clock.ts'

/** Somebody who is at work unless all that is left to him is to wait for answers. */
interface Worker {
  waiting: number
}

type Handle = (args: object) => Promise<object>

interface MiddlewareStack {
  add(
    middleware: (next: Handle, context: { readonly commandName?: string }) => Handle,
    options: { readonly step: 'initialize'; readonly priority: 'high'; readonly name: string },
  ): void
}

/** Rounds of the event loop that one worker may work without a request: far more than any does. */
const patience = 1_000_000

export class Pace {
  readonly clock = new VirtualClock()
  readonly #current = new AsyncLocalStorage<Worker>()
  readonly #workers = new Set<Worker>()
  #line: Promise<unknown> = Promise.resolve()
  #underWay = 0

  /** @param latencyOf ms, by the name of the command */
  attach(clients: AwsClients, latencyOf: (commandName: string) => number): void {
    for (const client of Object.values(clients) as readonly { readonly middlewareStack: unknown }[]) {
      const stack = client.middlewareStack as MiddlewareStack
      stack.add(
        (next, { commandName = '' }) =>
          async (args) =>
            this.#request(async () => next(args), latencyOf(commandName)),
        { step: 'initialize', priority: 'high', name: 'pace' },
      )
    }
  }

  /** Does some work, of which every request is an answer to wait for. */
  async work<T>(act: () => Promise<T>): Promise<T> {
    const worker: Worker = { waiting: 0 }
    this.#workers.add(worker)
    try {
      return await this.#current.run(worker, act)
    } finally {
      this.#workers.delete(worker)
    }
  }

  /** Lets time pass until `done` says so, or nothing is left to happen. @returns whether `done` said so */
  async runUntil(done: () => boolean): Promise<boolean> {
    for (;;) {
      await this.#rest()
      if (done()) return true
      if (!this.clock.step()) return false
    }
  }

  async #request(make: () => Promise<object>, latencyMs: number): Promise<object> {
    const worker = this.#current.getStore()
    this.#underWay++
    const answer = this.#line.then(make)
    this.#line = answer.catch(() => {})
    try {
      return await answer
    } finally {
      this.#underWay--
      if (worker) worker.waiting++
      await this.clock.sleep(latencyMs)
      if (worker) worker.waiting--
    }
  }

  async #rest(): Promise<void> {
    for (let round = 0; round < patience; round++) {
      await settle()
      if (this.#underWay > 0) await this.#line
      else if ([...this.#workers].every(({ waiting }) => waiting > 0)) return
      else await nextMacrotask()
    }
    throw new Error('Somebody works without end, or waits for something that is no request.')
  }
}
