// The timer port on SQS and EventBridge Scheduler. Up to 15 minutes a timer is a delayed message. Beyond, it is a one-time schedule that
// sends the timer's message some minutes early; whoever receives it sends a copy with the rest as its delay. So a timer of a month is as
// exact as one of a minute, it is never early, and a schedule that is refused falls back to the queue, which only costs more messages.

import type { TimerMessage } from '../../runtime/messages.ts'
import { eachInParallel } from '../../runtime/parallel.ts'
import type { Timers } from '../../runtime/ports.ts'
import { TenutoError } from '../../workflow/errors.ts'
import type { Parcel, SqsQueue } from '../sqs/sqs-queue.ts'
import { planTimer, queueReachMs } from './schedule-plan.ts'
import { createSchedules, type SchedulesOptions } from './schedules.ts'

export interface SchedulerTimersOptions extends SchedulesOptions {
  readonly queue: Pick<SqsQueue, 'sendEach'>
}

const parallelRequests = 10

export function createSchedulerTimers(options: SchedulerTimersOptions): Timers {
  const { queue, clock } = options
  const schedules = createSchedules(options)

  function parcel(message: TimerMessage): Parcel {
    return { message, delayMs: message.dueAt - clock.now() }
  }

  return {
    async schedule(timers) {
      const soon: Parcel[] = []
      const requests: (() => Promise<void>)[] = []
      for (const timer of timers) {
        if (!Number.isFinite(timer.dueAt)) throw noTime(timer)
        const plan = planTimer(timer.dueAt, clock.now())
        if (plan.kind === 'queue') soon.push(parcel(timer))
        else {
          requests.push(async () => {
            // A refused time is one that Scheduler takes for past; the queue takes any, in steps of 15 minutes.
            if (!(await schedules.create(timer, plan.expression))) await queue.sendEach([parcel(timer)])
          })
        }
      }
      if (soon.length > 0) requests.unshift(() => queue.sendEach(soon))
      await eachInParallel(requests, parallelRequests, (request) => request())
    },

    async cancel(key, generation, timers) {
      // What is due within the queue's reach never was a schedule, or is about to fire: not worth a request.
      const far = timers.filter(({ dueAt }) => dueAt - clock.now() > queueReachMs)
      await eachInParallel(far, parallelRequests, ({ seq }) => schedules.remove(key, generation, seq))
    },
  }
}

function noTime({ seq, instanceId }: TimerMessage): TenutoError {
  return new TenutoError(
    'INVALID_ARGUMENT',
    `Timer #${seq} of instance ${instanceId} has a dueAt that is no point in time.`,
  )
}
