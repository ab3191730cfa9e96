// What users are told to do where anything may fail at any time, done for the cases: ask again with the same key, and do nothing twice.

import type { Management } from '../../src/runtime/management.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import type { App } from '../../src/workflow/app.ts'
import { errorCatalogue } from '../../src/workflow/error-catalogue.ts'
import { isTenutoError } from '../../src/workflow/errors.ts'

/** Asks again as long as it hears that it may. */
export function patient(management: Management, clock: Clock): Management {
  async function again<T>(ask: (isRepeat: boolean) => Promise<T>, isRepeat = false): Promise<T> {
    try {
      return await ask(isRepeat)
    } catch (error) {
      if (!isTenutoError(error) || errorCatalogue[error.code].http !== 503) throw error
      await clock.sleep(1_000)
      return again(ask, true)
    }
  }
  return {
    async start(request) {
      const { idempotencyKey = crypto.randomUUID(), instanceId = crypto.randomUUID(), ...rest } = request
      return again(async () => management.start({ ...rest, idempotencyKey, instanceId }))
    },
    async raiseEvent({ eventId = crypto.randomUUID(), ...rest }) {
      return again(async () => management.raiseEvent({ ...rest, eventId }))
    },
    get: async (...request) => again(async () => management.get(...request)),
    waitFor: async (...request) => again(async () => management.waitFor(...request)),
    history: async (...request) => again(async () => management.history(...request)),
    suspend: async (...request) => again(async () => management.suspend(...request)),
    resume: async (...request) => again(async () => management.resume(...request)),
    terminate: async (...request) => again(async () => management.terminate(...request)),
    purge: async (...request) =>
      again(async (isRepeat) => {
        try {
          await management.purge(...request)
        } catch (error) {
          // The attempt before had its effect, and only its answer was lost.
          if (!isRepeat || !isTenutoError(error, 'ERR_INSTANCE_ID_NOT_FOUND')) throw error
        }
      }),
  }
}

/**
 * The same app, whose activities do each attempt of a call once, by its idempotency key: a further run of it gets what the first one gave.
 * @param onRepeat hears of every further run
 */
export function idempotent(app: App, onRepeat: () => void): App {
  const done = new Map<string, Promise<unknown>>()
  return {
    ...app,
    activity(name) {
      const registered = app.activity(name)
      if (!registered) return undefined
      return {
        ...registered,
        async run(ctx, input: never) {
          const key = `${ctx.idempotencyKey} ${ctx.attempt}`
          const first = done.get(key)
          if (first) onRepeat()
          const result = first ?? (async () => registered.run(ctx, input))()
          done.set(key, result)
          return result
        },
      }
    },
  }
}
