// The functions behind the two queues of the engine.

import type { ActivityMessage, Delivery } from '../../runtime/messages.ts'
import type { App } from '../../workflow/app.ts'
import { handleInLanes, type LanesHost } from './activity-lanes.ts'
import { type HandlerOptions, lambdaHandler } from './compose.ts'
import type { LambdaHandler, SqsBatchResponse, SqsEvent } from './events.ts'
import { handleRecords } from './records.ts'
import { createContainerRuntime } from './runtime.ts'

/** Gives instances their turns: starts, events, timers. */
export function orchestratorHandler(
  app: App,
  options: HandlerOptions = {},
): LambdaHandler<SqsEvent, SqsBatchResponse> {
  return lambdaHandler(options, (backend) => {
    const runtime = createContainerRuntime(app, backend)
    const handle = async (batch: readonly Delivery[]) => runtime.handle(batch)
    return async (event) => handleRecords(event, { backend, queue: 'workflow', handle })
  })
}

/** Runs activities, and gives the instance that asked for one its next turn. */
export function activityHandler(
  app: App,
  options: HandlerOptions = {},
): LambdaHandler<SqsEvent, SqsBatchResponse> {
  return lambdaHandler(options, (backend) => {
    const { ports, invocation } = backend
    const runtime = createContainerRuntime(app, backend)
    const host: LanesHost = {
      app,
      logger: ports.logger,
      remainingTimeMs: () => invocation.remainingTimeMs(),
      handle: async (batch) => runtime.handle(batch),
      requeue: async (messages) => ports.queue.send(messages),
    }
    const handle = async (batch: readonly Delivery[]) => handleInLanes(batch.filter(isActivity), host)
    return async (event) => handleRecords(event, { backend, queue: 'activity', handle })
  })
}

function isActivity(delivery: Delivery): delivery is Delivery<ActivityMessage> {
  return delivery.message.kind === 'activity'
}
