// The activities that run in this process: told at once when a turn of this process cancels them, or terminates their instance.

import { cancels } from './activity-verdict.ts'
import type { Episode, InstanceKey } from './episode.ts'
import type { Cancellation } from './hearing.ts'
import { keyText } from './live-instance.ts'
import type { ActivityMessage } from './messages.ts'

interface Running {
  readonly message: ActivityMessage
  /** Called when nobody waits for it any more. */
  readonly cancel: (why: Cancellation) => void
}

export class RunningActivities {
  readonly #byLife = new Map<string, Set<Running>>()

  /** @returns to be called when it has come back */
  add(one: Running): () => void {
    const life = keyText(one.message)
    const running = this.#byLife.get(life) ?? new Set()
    this.#byLife.set(life, running.add(one))
    return () => {
      running.delete(one)
      if (running.size === 0 && this.#byLife.get(life) === running) this.#byLife.delete(life)
    }
  }

  /** An episode was committed here. What an instance that ends otherwise has not awaited runs on. */
  committed(key: InstanceKey, episode: Episode): void {
    for (const { message, cancel } of this.#byLife.get(keyText(key)) ?? []) {
      if (episode.status === 'TERMINATED') cancel('terminated')
      else if (cancels(episode, message)) cancel('cancelled')
    }
  }
}
