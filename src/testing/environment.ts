// The test environment: the production client, engine and runtime over a backend in memory, under a clock that skips by itself.

import type { WorkflowClient } from '../client/workflow-client.ts'
import { seededRandom, uniform } from '../engine/random.ts'
import type { InstanceKey } from '../runtime/episode.ts'
import type { WorkflowHistory } from '../runtime/management.ts'
import type { InstanceRow } from '../runtime/rows.ts'
import type { App } from '../workflow/app.ts'
import { type Duration, toMilliseconds } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { ActivityFunction } from '../workflow/functions.ts'
import { Hosts } from './host.ts'
import { createMemoryBackend, type MemoryBackend } from './memory-backend.ts'
import { StagedActivities } from './staged-activities.ts'
import { createTestClient } from './test-client.ts'
import type {
  CrashOptions,
  DeliverTwiceOptions,
  TestEnvironment,
  TestEnvironmentOptions,
} from './test-environment.ts'
import { Timekeeper } from './timekeeper.ts'
import { VirtualClock } from './virtual-clock.ts'
import { dueOfWait } from './waiting-for.ts'

/**
 * An app in memory, on the production runtime. Close it when the test is over (`await using` does).
 * @throws TenutoError `ACTIVITY_NOT_REGISTERED` for a mock of an activity that the app does not have, `INVALID_ARGUMENT`,
 *   `INVALID_DURATION`
 */
export function createTestEnvironment(app: App, options: TestEnvironmentOptions = {}): TestEnvironment {
  return new Environment(app, options)
}

class Environment implements TestEnvironment {
  readonly client: WorkflowClient
  readonly #clock: VirtualClock
  readonly #backend: MemoryBackend
  readonly #stage: StagedActivities
  readonly #time: Timekeeper
  readonly #hosts: Hosts
  readonly #crashes: { left: number; readonly instanceId: string | undefined }[] = []
  #twice = { left: 0, afterMs: 0 }

  constructor(app: App, options: TestEnvironmentOptions) {
    const { now, seed, activities = {}, logger, tracer, retention } = options
    const { skipTime = true, patienceMs = 4_000 } = options
    this.#clock = new VirtualClock(now === undefined ? undefined : epochMs(now))
    const random = seed === undefined ? undefined : seededRandom(String(seed))
    this.#backend = createMemoryBackend({
      clock: this.#clock,
      ...(logger && { logger }),
      ...(tracer && { tracer }),
      ...(retention && { retention }),
      manners: {
        // Nothing is redelivered behind a test's back: a crash hands back what its host held.
        visibilityMs: Number.POSITIVE_INFINITY,
        duplicateAfterMs: () => (this.#twice.left-- > 0 ? this.#twice.afterMs : undefined),
        ...(random && { pick: (count) => Math.floor(uniform(random) * count) }),
      },
    })
    const { ports, queue } = this.#backend
    this.#stage = new StagedActivities(app, this.#clock, () => this.#time.changed())
    this.#time = new Timekeeper(this.#clock, {
      holders: () => this.#stage.holders,
      skipsByItself: skipTime,
      patienceMs,
    })
    for (const [name, mock] of Object.entries(activities)) this.mockActivity(name, mock)
    const appOf = (isLost: () => boolean): App => this.#stage.appOf(isLost)
    this.#hosts = new Hosts({ ports, queue, appOf, onCommit: (key) => this.#committed(key) })
    queue.run(() => this.#hosts)
    this.client = createTestClient({ app, ports, clock: this.#clock, time: this.#time })
  }

  now(): Date {
    return new Date(this.#clock.now())
  }

  async advance(duration: Duration): Promise<void> {
    const ms = toMilliseconds(duration)
    if (ms < 0) throw new TenutoError('INVALID_ARGUMENT', `Time does not go back: advance got ${duration}.`)
    await this.#passTo(this.#clock.now() + ms)
  }

  async skipTo(time: Date): Promise<void> {
    const ms = epochMs(time)
    if (ms < this.#clock.now()) {
      const message = `Time does not go back: it is ${this.now().toISOString()}, skipTo got ${time.toISOString()}.`
      throw new TenutoError('INVALID_ARGUMENT', message)
    }
    await this.#passTo(ms)
  }

  async settle(): Promise<void> {
    this.#assertOutside('settle')
    await this.#time.idle()
  }

  async sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    await this.#stage.sleep(toMilliseconds(duration), signal)
  }

  mockActivity(activity: ActivityFunction | string, mock: ActivityFunction): void {
    this.#stage.mock(this.#stage.nameOf(activity), mock)
  }

  failActivity(
    activity: ActivityFunction | string,
    { times = 1, error }: { readonly times?: number; readonly error?: Error } = {},
  ): void {
    const name = this.#stage.nameOf(activity)
    this.#stage.strike(name, times, () => {
      throw error ?? new Error(`The test makes activity '${name}' fail.`)
    })
  }

  hangActivity(activity: ActivityFunction | string, { times = 1 }: { readonly times?: number } = {}): void {
    this.#stage.strike(this.#stage.nameOf(activity), times, async (ctx) => this.#stage.hang(ctx))
  }

  async timeOutEvent(instanceId: string, eventName: string): Promise<void> {
    await this.#time.rest()
    const row = await this.#row(instanceId)
    const dueAt = await dueOfWait(this.#backend.store, row, eventName)
    if (dueAt === undefined) {
      const message = `'${instanceId}' waits for no event '${eventName}' with a timeout; for a timer beside the event use advance.`
      throw new TenutoError('INVALID_ARGUMENT', message)
    }
    await this.#passTo(Math.max(this.#clock.now(), dueAt))
  }

  crash(): void {
    this.#time.assertOpen()
    this.#hosts.crash()
    this.#time.changed()
  }

  crashAfterCommit(count: number, { instanceId }: CrashOptions = {}): void {
    if (!Number.isInteger(count) || count < 1) {
      throw new TenutoError('INVALID_ARGUMENT', `crashAfterCommit expects 1 or more, got ${count}.`)
    }
    this.#crashes.push({ left: count, instanceId })
  }

  deliverTwice({ times = Number.POSITIVE_INFINITY, after = 0 }: DeliverTwiceOptions = {}): void {
    this.#twice = { left: times, afterMs: toMilliseconds(after) }
  }

  calls(activity?: ActivityFunction | string): readonly never[] {
    const { calls } = this.#stage
    if (activity === undefined) return [...calls] as never[]
    const name = this.#stage.nameOf(activity)
    return calls.filter((call) => call.activity === name) as never[]
  }

  async history(instanceId: string): Promise<WorkflowHistory> {
    const history = await this.client.getWorkflowHistory(instanceId)
    if (history) return history
    throw unknownInstance(instanceId)
  }

  async close(): Promise<void> {
    this.#time.close()
    this.#hosts.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #passTo(ms: number): Promise<void> {
    this.#assertOutside('advance')
    await this.#time.passTo(ms)
  }

  #assertOutside(what: string): void {
    if (!this.#stage.isInside) return
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `An activity cannot ${what}: it holds the clock. It waits with sleep.`,
    )
  }

  async #row(instanceId: string): Promise<InstanceRow> {
    this.#time.assertOpen()
    const row = await this.#backend.store.getInstance(instanceId)
    if (row && row.purgedAt === undefined) return row
    throw unknownInstance(instanceId)
  }

  #committed(key: InstanceKey): void {
    let isOver = false
    for (const crash of this.#crashes) {
      if (crash.instanceId !== undefined && crash.instanceId !== key.instanceId) continue
      if (--crash.left === 0) isOver = true
    }
    if (isOver) this.crash()
  }
}

function unknownInstance(instanceId: string): TenutoError {
  return new TenutoError('ERR_INSTANCE_ID_NOT_FOUND', `There is no instance '${instanceId}'.`)
}

function epochMs(time: Date): number {
  const ms = time.getTime()
  if (Number.isNaN(ms)) throw new TenutoError('INVALID_ARGUMENT', 'A valid Date was expected.')
  return ms
}
