// What a run of an activity hears of the one who asked for it, while it runs: that nobody waits for it any more.

import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { cancels } from './activity-verdict.ts'
import type { ActivityMessage } from './messages.ts'
import type { Store } from './ports.ts'

/** Why nobody waits any more: the instance was terminated, or has cancelled the call. */
export type Cancellation = 'terminated' | 'cancelled'

export class Hearing {
  readonly #message: ActivityMessage
  readonly #cancelled = new AbortController()
  /** Number of the newest episode that was read; undefined: none, so that the whole generation is. */
  #readTo: number | undefined

  constructor(message: ActivityMessage) {
    this.#message = message
    this.#readTo = message.episode
  }

  /** Aborted when nobody waits for the attempt any more. */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal
  }

  cancel(why: Cancellation): void {
    const { instanceId, name } = this.#message
    const what = why === 'terminated' ? 'was terminated' : 'does not wait for it any more'
    const text = `Activity '${name}' was cancelled: instance '${instanceId}' ${what}.`
    this.#cancelled.abort(new TenutoError('ACTIVITY_CANCELLED', text))
  }

  /** Reads what has become of the instance meanwhile. */
  async listen(store: Store): Promise<void> {
    if (this.cancelled.aborted) return
    const { instanceId, incarnation } = this.#message
    const row = await store.getInstance(instanceId, 'row')
    if (row?.incarnation !== incarnation) return
    if (row.status === 'TERMINATED') this.cancel('terminated')
    if (isTerminal(row.status)) return
    const { episodes } = await store.read(this.#message, this.#readTo)
    this.#readTo = episodes.at(-1)?.n ?? this.#readTo
    if (episodes.some((episode) => cancels(episode, this.#message))) this.cancel('cancelled')
  }
}
