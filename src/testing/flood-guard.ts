// Messages that make messages would keep a virtual clock busy for ever: beyond a number of deliveries in one minute of its time the queue
// gives up, and says what there was.

import type { Message } from '../runtime/messages.ts'
import type { Clock } from '../runtime/ports.ts'
import { TenutoError } from '../workflow/errors.ts'

interface Held {
  readonly message: Message
}

const shown = 10

export class FloodGuard {
  readonly #clock: Pick<Clock, 'now'>
  readonly #mostPerMinute: number
  #minute = 0
  #deliveries = 0

  constructor(clock: Pick<Clock, 'now'>, mostPerMinute = 1_000_000) {
    this.#clock = clock
    this.#mostPerMinute = mostPerMinute
  }

  /** @param waiting all that the queue holds. @throws TenutoError `INTERNAL` when it is a flood */
  delivered(batch: readonly Held[], waiting: ReadonlySet<Held>): void {
    const minute = Math.floor(this.#clock.now() / 60_000)
    if (minute !== this.#minute) this.#deliveries = 0
    this.#minute = minute
    this.#deliveries += batch.length
    if (this.#deliveries <= this.#mostPerMinute) return
    const kinds = Map.groupBy(waiting, ({ message }) => `${message.kind} of ${message.instanceId}`)
    const counts = [...kinds].slice(0, shown).map(([kind, { length }]) => `${length} × ${kind}`)
    const newest = batch.map(({ message }) => JSON.stringify({ ...message, input: undefined })).join('; ')
    throw new TenutoError(
      'INTERNAL',
      `Messages multiply: more than ${this.#mostPerMinute} were delivered in one minute of virtual time. Under way: ${counts.join(', ')}. The newest: ${newest}`,
    )
  }
}
