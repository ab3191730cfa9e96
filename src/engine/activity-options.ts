// The options of an activity call as its command records them: those of the call, else the activity's own.

import type { ActivityOptions } from '../workflow/app.ts'
import type { CallActivityOptions } from '../workflow/call-options.ts'
import { type Duration, toMilliseconds } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import { toInline } from '../workflow/inline.ts'
import type { ScheduleTask } from './commands.ts'

export type RecordedOptions = Pick<
  ScheduleTask,
  'timeoutMs' | 'heartbeatTimeoutMs' | 'atMostOnce' | 'inline' | 'commitEvery'
>

/** @throws TenutoError `INVALID_ARGUMENT`, `INVALID_DURATION` */
export function activityOptions(
  name: string,
  options: CallActivityOptions | undefined,
  defaults: ActivityOptions | undefined,
): RecordedOptions {
  const timeoutMs = toBound(name, 'timeout', options?.timeout ?? defaults?.timeout)
  const heartbeat = options?.heartbeatTimeout ?? defaults?.heartbeatTimeout
  const heartbeatTimeoutMs = toBound(name, 'heartbeatTimeout', heartbeat)
  const inline = toInline(options?.inline ?? defaults?.inline)
  const atMostOnce = options?.atMostOnce ?? defaults?.atMostOnce ?? false
  if (inline.inline && (atMostOnce || heartbeatTimeoutMs !== undefined)) {
    const what = atMostOnce ? 'atMostOnce' : 'heartbeatTimeout'
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `Activity '${name}' is called inline, and ${what} is for those on the queue: leave one of the two out.`,
    )
  }
  return {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(heartbeatTimeoutMs !== undefined && { heartbeatTimeoutMs }),
    ...(atMostOnce && { atMostOnce }),
    ...inline,
  }
}

function toBound(
  name: string,
  what: 'timeout' | 'heartbeatTimeout',
  given: Duration | undefined,
): number | undefined {
  if (given === undefined) return undefined
  const ms = toMilliseconds(given)
  if (ms > 0) return ms
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `${what} of activity '${name}' must be greater than zero, got ${String(given)}.`,
  )
}
