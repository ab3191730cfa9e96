// Which messages a FIFO queue has seen: a second one with the same id within five minutes is accepted and not delivered.

import { createHash } from 'node:crypto'
import type { Clock } from '../../runtime/ports.ts'
import { sqsError } from './errors.ts'
import { limits } from './limits.ts'
import type { QueueSettings } from './queue-attributes.ts'
import type { Draft, StoredMessage } from './stored-message.ts'

export class Deduplication {
  readonly #clock: Clock
  readonly #seen = new Map<string, StoredMessage>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The draft with the id that counts. @throws `InvalidParameterValue` when there is none. */
  identify(draft: Draft, settings: QueueSettings): Draft {
    if (draft.deduplicationId !== undefined) return draft
    if (!settings.contentBasedDeduplication) {
      throw sqsError(
        'InvalidParameterValueException',
        'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      )
    }
    return { ...draft, deduplicationId: createHash('sha256').update(draft.body).digest('hex') }
  }

  /** The message that this one repeats. */
  original(draft: Draft, settings: QueueSettings): StoredMessage | undefined {
    const seen = this.#seen.get(keyOf(draft, settings))
    return seen && this.#clock.now() - seen.sentAt < limits.deduplicationMs ? seen : undefined
  }

  remember(message: StoredMessage, settings: QueueSettings): void {
    const key = keyOf(message.draft, settings)
    this.#seen.delete(key)
    this.#seen.set(key, message)
    this.#forget()
  }

  /** The oldest stand first. */
  #forget(): void {
    for (const [key, { sentAt }] of this.#seen) {
      if (this.#clock.now() - sentAt < limits.deduplicationMs) return
      this.#seen.delete(key)
    }
  }
}

function keyOf({ deduplicationId, groupId }: Draft, { deduplicatesPerGroup }: QueueSettings): string {
  return JSON.stringify([deduplicationId, deduplicatesPerGroup ? groupId : ''])
}
