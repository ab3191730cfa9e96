// The queue and timer ports: rows of the message table, delivered by the dispatcher once a flush has made
// them durable.

import type { Clock, Queue, Timers } from '../runtime/ports.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { MessageTable } from './message-table.ts'
import type { WriteLog } from './write-log.ts'

export interface QueueParts {
  readonly table: MessageTable
  readonly log: WriteLog
  readonly clock: Clock
  readonly dispatcher: Pick<Dispatcher, 'arrived'>
}

export function createQueue({ table, log, clock, dispatcher }: QueueParts): Queue {
  return {
    async send(messages, delayMs = 0) {
      if (messages.length === 0) return
      const visibleAt = pointInTime(clock.now() + Math.max(0, delayMs), 'delayMs')
      await log.write((group) => {
        const stored = messages.map((message) => table.insert(message, visibleAt))
        group.afterFlush(() => dispatcher.arrived(stored))
      })
    },
  }
}

export function createTimers({ table, log, clock, dispatcher }: QueueParts): Timers {
  return {
    async schedule(timers) {
      if (timers.length === 0) return
      const now = clock.now()
      const due = timers.map(({ dueAt }) => pointInTime(Math.max(dueAt, now), 'dueAt'))
      await log.write((group) => {
        const stored = timers
          .map((timer, at) => table.insertTimer(timer, due[at] ?? now))
          .filter((timer) => timer !== undefined)
        group.afterFlush(() => dispatcher.arrived(stored))
      })
    },

    async cancel(key, generation, timers) {
      if (timers.length === 0) return
      await log.write(() => timers.forEach(({ seq }) => table.removeTimer(key, generation, seq)))
    },
  }
}

/** A whole number of ms, never earlier. Checked before it can spoil the writes of others. */
function pointInTime(at: number, what: string): number {
  if (Number.isFinite(at)) return Math.ceil(at)
  throw new TenutoError('INVALID_ARGUMENT', `${what} is no point in time.`)
}
