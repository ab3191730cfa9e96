// What users are told to do where anything may fail at any time, done for the cases: ask again with the same key, and do nothing twice.

import type { InstanceView, Management } from '../../src/runtime/management.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import type { App } from '../../src/workflow/app.ts'
import { errorCatalogue } from '../../src/workflow/error-catalogue.ts'
import { type ErrorCode, isTenutoError } from '../../src/workflow/errors.ts'
import { isTerminal } from '../../src/workflow/status.ts'

/** Asks again as long as it hears that it may. */
export function patient(management: Management, clock: Clock, newId: () => string): Management {
  async function again<T>(ask: (attempt: number) => Promise<T>, attempt = 1): Promise<T> {
    try {
      return await ask(attempt)
    } catch (error) {
      if (!isTenutoError(error) || errorCatalogue[error.code].http !== 503) throw error
      await clock.sleep(1_000)
      return again(ask, attempt + 1)
    }
  }

  /**
   * @param late what a repetition hears when the attempt before had its effect, or when both came too late
   * @param mayTake whether an instance that looks so may be changed by it: else what it hears is the answer
   */
  async function once(
    instanceId: string,
    ask: () => Promise<void>,
    late: ErrorCode,
    mayTake = ({ status }: InstanceView) => !isTerminal(status),
  ): Promise<void> {
    const before = await again(async () => management.get(instanceId))
    await again(async (attempt) => {
      try {
        await ask()
      } catch (error) {
        const isRefusal = attempt === 1 || !before || !mayTake(before)
        if (isRefusal || !isTenutoError(error, late)) throw error
      }
    })
  }
  return {
    async start({ idempotencyKey = newId(), instanceId = newId(), ...rest }) {
      return again(async () => management.start({ ...rest, idempotencyKey, instanceId }))
    },
    async raiseEvent({ eventId = newId(), ...rest }) {
      const raise = async () => management.raiseEvent({ ...rest, eventId })
      await once(rest.instanceId, raise, 'ERR_RAISE_EVENT_WORKFLOW')
    },
    completeActivity: async (...request) => again(async () => management.completeActivity(...request)),
    failActivity: async (...request) => again(async () => management.failActivity(...request)),
    get: async (...request) => again(async () => management.get(...request)),
    waitFor: async (...request) => again(async () => management.waitFor(...request)),
    history: async (...request) => again(async () => management.history(...request)),
    list: async (...request) => again(async () => management.list(...request)),
    count: async (...request) => again(async () => management.count(...request)),
    actOnMany: async (...request) => again(async () => management.actOnMany(...request)),
    suspend: async (...request) =>
      once(request[0], async () => management.suspend(...request), 'ERR_PAUSE_WORKFLOW'),
    resume: async (...request) =>
      once(request[0], async () => management.resume(...request), 'ERR_RESUME_WORKFLOW'),
    terminate: async (...request) => again(async () => management.terminate(...request)),
    async restart({ idempotencyKey = newId(), ...rest }) {
      return again(async () => management.restart({ ...rest, idempotencyKey }))
    },
    async rerun({ idempotencyKey = newId(), newInstanceId = newId(), ...rest }) {
      return again(async () => management.rerun({ ...rest, idempotencyKey, newInstanceId }))
    },
    async rewind({ idempotencyKey = newId(), ...rest }) {
      return again(async () => management.rewind({ ...rest, idempotencyKey }))
    },
    purge: async (...request) =>
      once(
        request[0],
        async () => management.purge(...request),
        'ERR_INSTANCE_ID_NOT_FOUND',
        () => true,
      ),
  }
}

/** One run of an activity. */
interface Run {
  readonly result: Promise<unknown>
  readonly signal: AbortSignal
}

/**
 * The same app, whose activities do each attempt of a call once, by its idempotency key: a further run of it gets what the first one gave.
 * @param onRepeat hears of every further run
 */
export function idempotent(app: App, onRepeat: () => void): App {
  const done = new Map<string, Run>()
  /** Runs that are completed later. */
  const deferred = new Set<string>()
  return {
    ...app,
    activity(name) {
      const registered = app.activity(name)
      if (!registered) return undefined
      return {
        ...registered,
        async run(ctx, input: never) {
          const key = `${ctx.idempotencyKey} ${ctx.attempt}`
          for (let earlier = done.get(key); earlier; earlier = done.get(key)) {
            onRepeat()
            if (await isAnswer(earlier)) {
              if (deferred.has(key)) await ctx.completeLater()
              return earlier.result
            }
            if (done.get(key) === earlier) done.delete(key)
          }
          const heard = {
            ...ctx,
            async completeLater() {
              deferred.add(key)
              return ctx.completeLater()
            },
          }
          const result = (async () => registered.run(heard, input))()
          done.set(key, { result, signal: ctx.signal })
          return result
        },
      }
    },
  }
}

/** What the platform has refused is no answer, nor is what a run has left that was told to stop: the next one asks again. */
async function isAnswer({ result, signal }: Run): Promise<boolean> {
  try {
    await result
    return true
  } catch (error) {
    return !signal.aborted && !(isTenutoError(error) && errorCatalogue[error.code].http === 503)
  }
}
