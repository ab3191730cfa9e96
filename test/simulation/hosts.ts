// The hosts of a world: as many as there were, however often they crash; and deployments, one host after the other.

import type { Delivery } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'
import type { Consumer } from '../../src/testing/memory-queue.ts'
import type { App } from '../../src/workflow/app.ts'
import type { Host } from './faults.ts'
import type { Rng } from './rng.ts'

interface Running {
  readonly host: Host
  readonly runtime: Runtime
}

export interface HostsOptions {
  readonly rng: Rng
  /** The most by which a clock is wrong, ms. */
  readonly skewMs: number
  /** What a new host runs. */
  readonly app: () => App
  /** What a new host is given. */
  readonly connect: (host: Host) => Ports
}

export class Hosts {
  readonly #options: HostsOptions
  readonly #running: Running[] = []
  /** They do what they have begun, and are given nothing more. */
  readonly #retired: Running[] = []
  #booted = 0

  constructor(options: HostsOptions, count: number) {
    this.#options = options
    for (let left = count; left > 0; left--) this.#boot()
  }

  /** Any living host may get anything. */
  any(): Runtime {
    return this.#options.rng.pick(this.#running).runtime
  }

  crash(host: Host): void {
    host.dead = true
    const at = this.#running.findIndex((each) => each.host === host)
    const [crashed] = at < 0 ? [] : this.#running.splice(at, 1)
    if (!crashed) return
    crashed.runtime.close()
    this.#boot()
  }

  /** Puts a new host in the place of the oldest. */
  replaceOldest(): void {
    const oldest = this.#running.shift()
    if (oldest) this.#retired.push(oldest)
    this.#boot()
  }

  close(): void {
    for (const { runtime } of [...this.#running, ...this.#retired]) runtime.close()
  }

  #boot(): void {
    const { rng, skewMs, app, connect } = this.#options
    const skew = skewMs === 0 ? 0 : rng.int(-skewMs, skewMs)
    const host: Host = { name: `h${++this.#booted}`, skewMs: skew, dead: false, frozenUntil: 0 }
    this.#running.push({ host, runtime: createRuntime(app(), connect(host)) })
  }
}

/** A consumer that is told of some messages that they come for the first time. */
export function miscounted(consumer: Consumer, isWrong: () => boolean): Consumer {
  return {
    async handle(batch) {
      const real = new Map<Delivery, Delivery>(
        batch.map((each) => [isWrong() ? { ...each, receiveCount: 1 } : { ...each }, each]),
      )
      const acknowledged = await consumer.handle([...real.keys()])
      return new Set([...acknowledged].map((each) => real.get(each) ?? each))
    },
    handleDead: async (delivery) => consumer.handleDead(delivery),
  }
}
