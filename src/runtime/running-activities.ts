// The activities that run in this process: told at once when their instance is terminated by a turn of this process.

import type { Episode, InstanceKey } from './episode.ts'
import { keyText } from './live-instance.ts'

export class RunningActivities {
  readonly #byLife = new Map<string, Set<() => void>>()

  /** @param cancel called when nobody waits for it any more. @returns to be called when it has come back */
  add(key: InstanceKey, cancel: () => void): () => void {
    const life = keyText(key)
    const running = this.#byLife.get(life) ?? new Set()
    this.#byLife.set(life, running.add(cancel))
    return () => {
      running.delete(cancel)
      if (running.size === 0 && this.#byLife.get(life) === running) this.#byLife.delete(life)
    }
  }

  /** An episode was committed here. What an instance that ends otherwise has not awaited runs on. */
  committed(key: InstanceKey, { status }: Episode): void {
    if (status !== 'TERMINATED') return
    for (const cancel of this.#byLife.get(keyText(key)) ?? []) cancel()
  }
}
