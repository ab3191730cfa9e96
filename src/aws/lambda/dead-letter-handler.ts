// The function behind the dead-letter queues of both engine queues: what was delivered too often becomes a fact or a failure. What is no
// message of the engine stays, and ends in quarantine for a person to look at.

import type { Delivery } from '../../runtime/messages.ts'
import type { App } from '../../workflow/app.ts'
import { type HandlerOptions, lambdaHandler } from './compose.ts'
import type { LambdaHandler, SqsBatchResponse, SqsEvent } from './events.ts'
import { recordsOf, toDeliveries, toResponse } from './records.ts'
import { createContainerRuntime } from './runtime.ts'

export interface DeadLetterOptions extends HandlerOptions {
  /** `maxReceiveCount` of the engine queues: so often a message was delivered before it came here. Default: 10. */
  readonly maxReceives?: number
}

export function deadLetterHandler(
  app: App,
  { maxReceives = 10, ...options }: DeadLetterOptions = {},
): LambdaHandler<SqsEvent, SqsBatchResponse> {
  return lambdaHandler(options, (backend) => {
    const { ports, metrics } = backend
    const runtime = createContainerRuntime(app, backend)

    async function isDone({ message, receiveCount }: Delivery): Promise<boolean> {
      try {
        // Whether the count went on or began anew when the message was moved, it was delivered that often before.
        await runtime.handleDead({ message, receiveCount: Math.max(receiveCount, maxReceives + 1) })
        return true
      } catch (error) {
        const { instanceId, kind } = message
        ports.logger.error('A dead letter could not be dealt with; it comes again.', {
          instanceId,
          kind,
          error,
        })
        return false
      }
    }

    return async (event) => {
      const records = recordsOf(event)
      const deliveries = toDeliveries(records, backend)
      const done = await Promise.all(
        records.map(async (record) => {
          const delivery = deliveries.get(record)
          return delivery !== undefined && (await isDone(delivery))
        }),
      )
      const count = done.filter(Boolean).length
      if (count > 0) metrics.addMetric('DeadLetters', 'Count', count)
      return toResponse(records.filter((_, at) => !done[at]))
    }
  })
}
