// The schedules of one account and region, and their firing.

import { createIds } from '../ids.ts'
import { checkName, checkSchedule, type ScheduleInput } from './check-schedule.ts'
import { deliver, type DeliveryHost } from './delivery.ts'
import { invalidInput, schedulerError } from './errors.ts'
import { parseAt } from './expression.ts'
import type { SchedulerFaults } from './faults.ts'
import type { Groups } from './groups.ts'

export interface Schedule {
  readonly arn: string
  readonly name: string
  readonly groupName: string
  readonly at: number
  readonly createdAt: number
  readonly input: ScheduleInput
  /** Called at the time, unless the schedule is deleted before. */
  readonly waiting: AbortController
}

export interface SchedulesHost extends DeliveryHost {
  readonly faults: SchedulerFaults
  readonly groups: Groups
}

export class Schedules {
  readonly #host: SchedulesHost
  readonly #schedules = new Map<string, Schedule>()
  readonly #newId = createIds()

  constructor(host: SchedulesHost) {
    this.#host = host
  }

  create(input: ScheduleInput): Schedule {
    const { clock, faults, groups, sqs } = this.#host
    checkSchedule(input)
    const { Name: name = '', GroupName: groupName = 'default', State: state } = input
    const at = parseAt(input.ScheduleExpression ?? '', input.ScheduleExpressionTimezone)
    groups.get(groupName)
    const present = this.#schedules.get(keyOf(name, groupName))
    if (present) {
      // The same request again, by its token.
      if (present.input.ClientToken === input.ClientToken) return present
      throw schedulerError('ConflictException', `Schedule ${name} already exists.`)
    }
    const past = at < clock.now() ? (faults.pastTime?.() ?? 'refuse') : undefined
    if (past === 'refuse')
      throw invalidInput(`Invalid Schedule Expression ${input.ScheduleExpression}: the time is past.`)
    if (this.#schedules.size >= (faults.quota ?? Infinity)) {
      throw schedulerError('ServiceQuotaExceededException', 'You have reached the quota of schedules.')
    }
    const arn = `arn:aws:scheduler:${sqs.region}:${sqs.accountId}:schedule/${groupName}/${name}`
    const waiting = new AbortController()
    const schedule: Schedule = { arn, name, groupName, at, createdAt: clock.now(), input, waiting }
    this.#schedules.set(keyOf(name, groupName), schedule)
    if (state !== 'DISABLED' && past !== 'never fire') void this.#run(schedule)
    return schedule
  }

  get(name: string, groupName = 'default'): Schedule {
    checkName(name, 'name')
    checkName(groupName, 'groupName')
    const schedule = this.#schedules.get(keyOf(name, groupName))
    if (schedule) return schedule
    throw schedulerError('ResourceNotFoundException', `Schedule ${name} does not exist.`)
  }

  delete(schedule: Schedule): void {
    this.#schedules.delete(keyOf(schedule.name, schedule.groupName))
    if (this.#host.faults.fireAfterDelete?.() !== true) schedule.waiting.abort()
  }

  list(groupName?: string, prefix = ''): readonly Schedule[] {
    return [...this.#schedules.values()].filter(
      (schedule) =>
        (groupName === undefined || schedule.groupName === groupName) && schedule.name.startsWith(prefix),
    )
  }

  async #run(schedule: Schedule): Promise<void> {
    const { clock, faults } = this.#host
    const fireAt = Math.max(schedule.at, clock.now()) + (faults.latenessMs?.() ?? 0)
    await clock.sleep(fireAt - clock.now(), schedule.waiting.signal)
    if (schedule.waiting.signal.aborted) return
    await this.#fire(schedule)
    const againAfterMs = faults.duplicateAfterMs?.()
    if (againAfterMs !== undefined) {
      await clock.sleep(againAfterMs)
      await this.#fire(schedule)
    }
    if (schedule.input.ActionAfterCompletion !== 'DELETE') return
    const deletionAfterMs = faults.deletionAfterMs?.() ?? 0
    if (deletionAfterMs > 0) await clock.sleep(deletionAfterMs)
    const key = keyOf(schedule.name, schedule.groupName)
    if (this.#schedules.get(key) === schedule) this.#schedules.delete(key)
  }

  #fire({ arn, at, input: { Target: target = {} } }: Schedule): Promise<void> {
    return deliver(this.#host, { scheduleArn: arn, scheduledAt: at, executionId: this.#newId(), target })
  }
}

function keyOf(name: string, groupName: string): string {
  return `${groupName}/${name}`
}
