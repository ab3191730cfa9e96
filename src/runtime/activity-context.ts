// What an activity is handed.

import { taskFactId } from '../engine/events.ts'
import type { ActivityContext } from '../workflow/context.ts'
import { isTenutoError, TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { type Logger, withFields } from '../workflow/logger.ts'
import { decodePayload, encodePayload, type Payload } from '../workflow/payload.ts'
import type { Queued } from './activity-runner.ts'
import type { ActivityMessage } from './messages.ts'

/** One attempt while it runs. */
export interface Attempt {
  readonly message: ActivityMessage
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Absent when it is run inline. */
  readonly queued: Queued | undefined
  /** Set once the activity has asked to be completed from outside. */
  token: Promise<string> | undefined
  /** What the platform has refused it: not the activity has failed then, but its host. */
  trouble?: unknown
}

export function contextOf(attempt: Attempt): ActivityContext {
  const { message, signal, logger } = attempt
  const { instanceId, incarnation, generation, seq, name } = message
  return {
    getWorkflowInstanceId: () => instanceId,
    getWorkflowActivityId: () => seq,
    taskId: seq,
    name,
    attempt: message.attempt,
    idempotencyKey: `${instanceId}/${incarnation}/${taskFactId(generation, message.firstSeq)}`,
    signal,
    ...(message.trace !== undefined && { traceparent: message.trace }),
    logger: withFields(logger, { instanceId, activity: name, taskId: seq, attempt: message.attempt }),
    completeLater: async () => {
      const { tokenOf } = onQueue(attempt, 'be completed later')
      const token = (attempt.token ??= heeding(attempt, tokenOf()))
      // What failed may be asked for again.
      token.catch(() => {
        if (attempt.token === token) attempt.token = undefined
      })
      return token
    },
    heartbeat(details) {
      const beat = (async () => {
        const { record } = onQueue(attempt, 'give heartbeats')
        await heeding(attempt, record.beat(toDetails(name, details)))
      })()
      // Whoever does not await it must not end the process.
      beat.catch(() => {})
      return beat
    },
    lastHeartbeatDetails: async <T>() => {
      const { record } = onQueue(attempt, 'have heartbeats')
      return decodePayload(await heeding(attempt, record.lastDetails())) as T | undefined
    },
  }
}

function onQueue({ queued, message: { name } }: Attempt, what: string): Queued {
  if (queued) return queued
  throw new TenutoError('ACTIVITY_INLINE', `Activity '${name}' is called inline and cannot ${what}.`)
}

/** Notes what goes wrong. */
async function heeding<T>(attempt: Attempt, asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (!isTenutoError(error, 'ACTIVITY_INLINE')) attempt.trouble = error
    throw error
  }
}

function toDetails(name: string, details: unknown): Payload {
  const what = `The details of the heartbeat of activity '${name}'`
  const payload = encodePayload(details, what)
  const bytes = payload === undefined ? 0 : Buffer.byteLength(payload)
  if (bytes <= limits.heartbeatDetailsBytes) return payload
  throw new TenutoError(
    'PAYLOAD_TOO_LARGE',
    `${what} have ${bytes} bytes; the limit is ${limits.heartbeatDetailsBytes}.`,
  )
}
