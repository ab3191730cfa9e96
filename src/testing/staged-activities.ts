// The activities of a test environment: what stands in for them, what strikes them, and what they were called with.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { App, RegisteredActivity } from '../workflow/app.ts'
import type { ActivityContext } from '../workflow/context.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { ActivityFunction } from '../workflow/functions.ts'
import type { Holder } from './timekeeper.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** One run of an activity: an attempt, a redelivery, or one that a fault struck. */
export interface ActivityCall<Input = unknown> {
  /** Name under which it is registered. */
  readonly activity: string
  readonly instanceId: string
  /** Sequence number of the call within its generation. */
  readonly taskId: number
  /** From 1; a redelivery has the same number. */
  readonly attempt: number
  /** The same for every attempt and redelivery of one call. */
  readonly idempotencyKey: string
  readonly input: Input
  /** By the clock of the environment. */
  readonly startedAt: Date
  /** `running` for ever when its host has crashed or its time was up before it came back. */
  readonly status: 'running' | 'completed' | 'failed'
  readonly output?: unknown
  readonly error?: unknown
}

interface Fault {
  left: number
  readonly strike: (ctx: ActivityContext) => unknown
}

/** An activity that runs on some host. */
interface Run extends Holder {
  readonly isLost: () => boolean
  /** Waits for the clock of the environment, so it does not hold it. */
  parked: number
}

type Perform = (ctx: ActivityContext, input: unknown) => unknown

export class StagedActivities {
  readonly calls: ActivityCall[] = []
  readonly #app: App
  readonly #clock: VirtualClock
  readonly #changed: () => void
  readonly #mocks = new Map<string, ActivityFunction>()
  readonly #faults = new Map<string, Fault[]>()
  readonly #runs = new Set<Run>()
  readonly #current = new AsyncLocalStorage<Run>()

  /** @param changed told when an activity has ended or waits for the clock */
  constructor(app: App, clock: VirtualClock, changed: () => void) {
    this.#app = app
    this.#clock = clock
    this.#changed = changed
  }

  /** The app as one host runs it. */
  appOf(isLost: () => boolean): App {
    return {
      ...this.#app,
      activity: (name) => {
        const registered = this.#app.activity(name)
        return (
          registered && {
            ...registered,
            run: async (ctx: ActivityContext, input: never) => this.#run(registered, isLost, ctx, input),
          }
        )
      },
    }
  }

  /** @throws TenutoError `ACTIVITY_NOT_REGISTERED` */
  nameOf(activity: ActivityFunction | string): string {
    const name = this.#app.nameOfActivity(activity)
    if (this.#app.activity(name)) return name
    const known = this.#app.activityNames.join(', ') || 'none'
    throw new TenutoError(
      'ACTIVITY_NOT_REGISTERED',
      `No activity '${name}' is part of this app; it has ${known}.`,
    )
  }

  mock(name: string, mock: ActivityFunction): void {
    if (typeof mock !== 'function') {
      throw new TenutoError(
        'INVALID_ARGUMENT',
        `The mock of '${name}' must be a function, got ${typeof mock}.`,
      )
    }
    this.#mocks.set(name, mock)
  }

  /** The next runs of it do this instead. */
  strike(name: string, times: number, strike: Fault['strike']): void {
    if (!(times > 0)) throw new TenutoError('INVALID_ARGUMENT', `times must be above zero, got ${times}.`)
    this.#faults.set(name, [...(this.#faults.get(name) ?? []), { left: times, strike }])
  }

  /** What runs and does not wait for the clock. */
  get holders(): readonly Holder[] {
    return [...this.#runs].filter(({ parked, isLost }) => parked === 0 && !isLost())
  }

  /** Whether an activity is calling. */
  get isInside(): boolean {
    return this.#current.getStore() !== undefined
  }

  /** Waits by the clock of the environment. @throws TenutoError `INVALID_ARGUMENT` outside an activity */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const run = this.#current.getStore()
    if (!run)
      throw new TenutoError(
        'INVALID_ARGUMENT',
        'sleep is for activities; a test lets time pass with advance.',
      )
    await this.#park(run, () => this.#clock.sleep(ms, signal))
  }

  /** Only the signal of the attempt ends it. */
  hang(ctx: ActivityContext): Promise<never> {
    const run = this.#current.getStore()
    const { signal } = ctx
    const forever = () =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    return run ? this.#park(run, forever) : forever()
  }

  async #park<T>(run: Run, wait: () => Promise<T>): Promise<T> {
    run.parked++
    this.#changed()
    try {
      return await wait()
    } finally {
      run.parked--
    }
  }

  async #run(
    { name, run: own }: RegisteredActivity,
    isLost: () => boolean,
    ctx: ActivityContext,
    input: unknown,
  ): Promise<unknown> {
    const call = this.#note(name, ctx, input)
    const run: Run = { name: `'${name}' of ${ctx.getWorkflowInstanceId()}`, isLost, parked: 0 }
    const perform = this.#faultOf(name) ?? ((this.#mocks.get(name) ?? own) as Perform)
    this.#runs.add(run)
    try {
      const output = await this.#current.run(run, perform, ctx, input)
      Object.assign(call, { status: 'completed', output })
      return output
    } catch (error) {
      Object.assign(call, { status: 'failed', error })
      throw error
    } finally {
      this.#runs.delete(run)
      this.#changed()
    }
  }

  #note(activity: string, ctx: ActivityContext, input: unknown): ActivityCall {
    const { taskId, attempt, idempotencyKey } = ctx
    const call: ActivityCall = {
      activity,
      instanceId: ctx.getWorkflowInstanceId(),
      taskId,
      attempt,
      idempotencyKey,
      input,
      startedAt: new Date(this.#clock.now()),
      status: 'running',
    }
    this.calls.push(call)
    return call
  }

  #faultOf(name: string): Fault['strike'] | undefined {
    const faults = this.#faults.get(name) ?? []
    const fault = faults.find(({ left }) => left > 0)
    if (fault) fault.left--
    return fault?.strike
  }
}
