// The invocation that a container is busy with. Lambda gives a container one at a time, so there is one of these in each.

import type { LogFields } from '../../workflow/logger.ts'
import type { LambdaContext } from './events.ts'

export interface Invocation {
  begin(context: LambdaContext): void
  end(): void
  /** Ms until Lambda ends the invocation; `Infinity` outside of one. */
  remainingTimeMs(): number
  /** What every log line says. */
  readonly fields: LogFields
}

export function createInvocation(): Invocation {
  let current: LambdaContext | undefined
  return {
    begin(context) {
      current = context
    },
    end() {
      current = undefined
    },
    remainingTimeMs: () => current?.getRemainingTimeInMillis() ?? Number.POSITIVE_INFINITY,
    get fields() {
      return current ? { requestId: current.awsRequestId } : {}
    },
  }
}

/** What is left of the time for work, when the last part is kept for telling how it went: a tenth, from 1 to 5 seconds. */
export function timeForWorkMs(remainingMs: number): number {
  const reserveMs = Math.min(5_000, Math.max(1_000, remainingMs / 10))
  return Math.max(0, remainingMs - reserveMs)
}
