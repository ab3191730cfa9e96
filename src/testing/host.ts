// The host of a test environment: the production runtime on ports that end with it. When it crashes, no call of it ever comes back,
// all that it kept in memory is gone, and its successor gets what it had not acknowledged.

import type { InstanceKey } from '../runtime/episode.ts'
import type { Delivery } from '../runtime/messages.ts'
import type { AppendResult, Ports, Queue } from '../runtime/ports.ts'
import { createRuntime, type Runtime } from '../runtime/runtime.ts'
import type { App } from '../workflow/app.ts'
import type { Consumer } from './memory-queue.ts'

/** Deliveries after which a message is dead, as in the queues of a deployment. */
const maxReceives = 10

interface HostOptions {
  readonly ports: Ports
  /** Where messages go back to. */
  readonly queue: Queue
  readonly appOf: (isLost: () => boolean) => App
  readonly onCommit: (key: InstanceKey) => void
}

/** A runtime that may die. */
class Host {
  isDead = false
  readonly death: Promise<'dead'>
  readonly runtime: Runtime
  #die: (dead: 'dead') => void = () => {}

  constructor({ ports, appOf, onCommit }: HostOptions) {
    this.death = new Promise((resolve) => {
      this.#die = resolve
    })
    const guard = <T extends object>(port: T): T => this.#guard(port, onCommit)
    const mortal = {
      ...ports,
      store: guard(ports.store),
      queue: guard(ports.queue),
      timers: guard(ports.timers),
    }
    this.runtime = createRuntime(
      appOf(() => this.isDead),
      mortal,
    )
  }

  die(): void {
    this.isDead = true
    this.runtime.close()
    this.#die('dead')
  }

  /** The port as this host sees it. */
  #guard<T extends object>(port: T, onCommit: (key: InstanceKey) => void): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          if (this.isDead) return never()
          const result: unknown = Reflect.apply(member, target, args)
          if (!(result instanceof Promise)) return result
          return result.then((value: unknown) => {
            if (name === 'appendEpisode' && !this.isDead && (value as AppendResult).kind === 'committed') {
              onCommit(args[0] as InstanceKey)
            }
            return this.isDead ? never() : value
          })
        }
      },
    })
  }
}

/** Hosts, one after the other, as the queues see them. */
export class Hosts implements Consumer {
  readonly #options: HostOptions
  /** Deliveries that dead hosts had, by token. */
  readonly #receives = new Map<string, number>()
  #host: Host

  constructor(options: HostOptions) {
    this.#options = options
    this.#host = new Host(options)
  }

  /** The present host dies; a new one takes over. */
  crash(): void {
    this.#host.die()
    this.#host = new Host(this.#options)
  }

  async handle(batch: readonly Delivery[]): Promise<ReadonlySet<Delivery>> {
    const { runtime, death } = this.#host
    const given = new Map(batch.map((delivery) => [this.#counted(delivery), delivery]))
    const [dead, alive] = partition([...given.keys()], ({ receiveCount }) => receiveCount > maxReceives)
    const work = Promise.all([runtime.handle(alive), ...dead.map(async (each) => runtime.handleDead(each))])
    const done = await Promise.race([work, death])
    if (done === 'dead') return this.#handBack(batch)
    const acknowledged = new Set([...done[0], ...dead])
    return new Set([...given].filter(([each]) => acknowledged.has(each)).map(([, delivery]) => delivery))
  }

  handleDead(delivery: Delivery): Promise<void> {
    return this.#host.runtime.handleDead(delivery)
  }

  close(): void {
    this.#host.die()
  }

  /** They come again at once, with the count of their deliveries: a queue would let their invisibility pass first. */
  async #handBack(batch: readonly Delivery[]): Promise<ReadonlySet<Delivery>> {
    for (const delivery of batch) {
      this.#receives.set(delivery.message.token, this.#receivesOf(delivery) + delivery.receiveCount)
    }
    await this.#options.queue.send(batch.map(({ message }) => message))
    return new Set(batch)
  }

  #counted(delivery: Delivery): Delivery {
    return { ...delivery, receiveCount: delivery.receiveCount + this.#receivesOf(delivery) }
  }

  #receivesOf({ message }: Delivery): number {
    return this.#receives.get(message.token) ?? 0
  }
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [T[], T[]] {
  const first = items.filter(isFirst)
  return [first, items.filter((item) => !first.includes(item))]
}

function never(): Promise<never> {
  return new Promise(() => {})
}
