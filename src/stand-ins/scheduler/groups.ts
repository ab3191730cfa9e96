// Schedule groups: a name that many schedules share, to be permitted and deleted together. `default` is always there.

import type { Clock } from '../../runtime/ports.ts'
import { checkName } from './check-schedule.ts'
import { invalidInput, schedulerError } from './errors.ts'

export interface Group {
  readonly name: string
  readonly createdAt: number
}

export class Groups {
  readonly #clock: Clock
  readonly #groups = new Map<string, Group>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#groups.set('default', { name: 'default', createdAt: clock.now() })
  }

  create(name: string): Group {
    checkName(name, 'name')
    if (this.#groups.has(name)) {
      throw schedulerError('ConflictException', `Schedule group ${name} already exists.`)
    }
    const group = { name, createdAt: this.#clock.now() }
    this.#groups.set(name, group)
    return group
  }

  get(name: string): Group {
    checkName(name, 'groupName')
    const group = this.#groups.get(name)
    if (group) return group
    throw schedulerError('ResourceNotFoundException', `Schedule group ${name} does not exist.`)
  }

  delete(name: string): void {
    if (this.get(name).name === 'default') throw invalidInput('The default schedule group cannot be deleted.')
    this.#groups.delete(name)
  }

  list(prefix = ''): readonly Group[] {
    return [...this.#groups.values()].filter(({ name }) => name.startsWith(prefix))
  }
}
