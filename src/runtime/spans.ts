// What all spans of ours have in common.

import { toFailureDetails } from '../workflow/failure.ts'
import type { Logger } from '../workflow/logger.ts'
import type { SpanAttributes, Tracer } from '../workflow/tracer.ts'
import type { Clock } from './ports.ts'

export const kinds = { internal: 0, server: 1, client: 2, producer: 3 } as const
export const errorCode = 2

export interface TracedHost {
  readonly tracer?: Tracer | undefined
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
}

/** What a span is about. */
export interface Place {
  readonly instanceId: string
  readonly name: string
}

export function attributesOf(type: string, { instanceId, name }: Place): SpanAttributes {
  return {
    'durabletask.type': type,
    'durabletask.task.name': name,
    'durabletask.task.instance_id': instanceId,
  }
}

/** A tracer is somebody else's code, and no workflow may fail of it. */
export function quietly<T>(logger: Logger, run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    logger.warn('The tracer failed; a span is missing.', { error: toFailureDetails(error) })
    return undefined
  }
}
