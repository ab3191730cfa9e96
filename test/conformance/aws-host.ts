// The AWS backend under the conformance suite: the functions on some DynamoDB and the stand-ins, while time jumps.

import {
  type AwsWorld,
  type AwsWorldOptions,
  type Database,
  openAwsWorld,
} from '../../scripts/stack/in-process.ts'
import { VirtualTime } from '../../scripts/stack/virtual-time.ts'
import type { BlobOptions, Retention } from '../../src/aws/index.ts'
import type { Clock, Ports, Store } from '../../src/runtime/ports.ts'
import { idempotent, patient } from './bad-conditions.ts'
import type { OpenHost, TestHost } from './test-host.ts'

/** What a world has that is not as one hopes for. */
export interface Trouble {
  readonly options: Partial<AwsWorldOptions>
  /** Hears of every run of an activity but the first one. */
  readonly onRepeat: () => void
}

/**
 * @param database asked for each world, with its clock
 * @param troubleFor asked for each world, with its time; left out, nothing goes wrong
 * @param blobs where large payloads lie; left out, in the table
 * @param retention how long what has ended is kept; left out, until it is purged
 */
export function awsHosts(
  database: (clock: Clock) => Database,
  troubleFor?: (time: VirtualTime) => Trouble,
  blobs?: BlobOptions,
  retention?: Retention,
): OpenHost {
  return async (app, logger, tracer) => {
    const time = new VirtualTime()
    const watchers = new Watchers()
    const watch: TestHost['changed'] = async (instanceId, signal) => watchers.changed(instanceId, signal)
    const trouble = troubleFor?.(time)
    const { ports: spoil = (same: Ports) => same } = trouble?.options ?? {}
    const world = await openAwsWorld({
      ...trouble?.options,
      ...(blobs && { blobs }),
      ...(retention && { retention }),
      app: trouble ? idempotent(app, trouble.onRepeat) : app,
      database: database(time.clock),
      clock: time.clock,
      logger,
      ports(ports) {
        const watched = { ...ports, ...(tracer && { tracer }), store: watchers.watch(time.hold(ports.store)) }
        // To ask every second for twenty minutes takes too long for a test, when each answer takes a few attempts.
        return trouble ? spoil({ ...watched, watch }) : watched
      },
    })
    return {
      management: trouble ? patient(world.management, time.clock, world.ports.newId) : world.management,
      store: world.ports.store,
      now: () => time.clock.now(),
      keepsPast: true,
      // In trouble so long that it takes a schedule.
      shortMs: trouble ? 1_200_000 : 2_000,
      changed: watch,
      pass: async (promise) => time.pass(promise),
      later: async (ms) => time.pass(time.clock.sleep(ms)),
      async idle() {
        await (trouble ? restOf(world, time) : time.runUntil(() => false, 0))
      },
      close: async () => time.pass(world.close()),
    }
  }
}

/** Longer than a request can be late, or a copy of a message. */
const lateMs = 30_000

/** What failed comes again, and what is under way may fail: until no queue holds anything but what is not due. */
async function restOf({ sqs }: AwsWorld, time: VirtualTime): Promise<void> {
  const isBusy = (): boolean =>
    ['WorkflowQueue', 'ActivityQueue'].some((name) => {
      const { visible, inFlight } = sqs.queue(name).counts()
      return visible + inFlight > 0
    })
  do await time.runUntil(() => false, lateMs)
  while (isBusy())
}

/** What changes something that can be seen of an instance. */
const changes: ReadonlySet<string> = new Set<keyof Store>([
  'createInstance',
  'appendEpisode',
  'projectStatus',
  'setStalled',
  'purge',
])

type Method = (of: { readonly instanceId: string }, ...rest: unknown[]) => Promise<unknown>
type Methods = Readonly<Record<string, Method>>

class Watchers {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** The same store, whose changes wake those who wait for them. */
  watch(store: Store): Store {
    const watched = Object.entries(store as unknown as Methods).map(([name, method]) => [
      name,
      changes.has(name) ? this.#watch(method) : method,
    ])
    return Object.fromEntries(watched) as Store
  }

  async changed(instanceId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      this.#waiting.set(instanceId, (this.#waiting.get(instanceId) ?? new Set()).add(resolve))
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #watch(change: Method): Method {
    return async (of, ...rest) => {
      try {
        return await change(of, ...rest)
      } finally {
        this.#notify(of.instanceId)
      }
    }
  }

  #notify(instanceId: string): void {
    const waiting = this.#waiting.get(instanceId) ?? []
    this.#waiting.delete(instanceId)
    for (const wake of waiting) wake()
  }
}
