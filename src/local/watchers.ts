// Who waits for a change of an instance.

export class Watchers {
  readonly #waiting = new Map<string, Set<() => void>>()

  /**
   * Resolves at the next flush that changes something visible of the instance, or when the signal is aborted.
   */
  watch(instanceId: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(instanceId) ?? new Set()
      this.#waiting.set(instanceId, waiting)
      const wake = () => {
        signal.removeEventListener('abort', wake)
        waiting.delete(wake)
        if (waiting.size === 0 && this.#waiting.get(instanceId) === waiting) this.#waiting.delete(instanceId)
        resolve()
      }
      waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  changed(instanceIds: Iterable<string>): void {
    for (const instanceId of instanceIds) for (const wake of this.#waiting.get(instanceId) ?? []) wake()
  }

  wakeAll(): void {
    this.changed([...this.#waiting.keys()])
  }
}
