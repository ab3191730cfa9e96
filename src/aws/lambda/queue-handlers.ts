// The functions behind the two queues of the engine.

import type { ActivityMessage, Delivery } from '../../runtime/messages.ts'
import { createRuntime } from '../../runtime/runtime.ts'
import type { App } from '../../workflow/app.ts'
import { handleInLanes } from './activity-lanes.ts'
import { type HandlerOptions, lambdaHandler } from './compose.ts'
import type { LambdaHandler, SqsBatchResponse, SqsEvent } from './events.ts'
import { handleRecords } from './records.ts'

/** Gives instances their turns: starts, events, timers. */
export function orchestratorHandler(
  app: App,
  options: HandlerOptions = {},
): LambdaHandler<SqsEvent, SqsBatchResponse> {
  return lambdaHandler(options, (backend) => {
    const runtime = createRuntime(app, backend.ports)
    const work = { backend, queue: 'workflow', handle: runtime.handle } as const
    return (event) => handleRecords(event, work)
  })
}

/** Runs activities, and gives the instance that asked for one its next turn. */
export function activityHandler(
  app: App,
  options: HandlerOptions = {},
): LambdaHandler<SqsEvent, SqsBatchResponse> {
  return lambdaHandler(options, (backend) => {
    const { ports, invocation } = backend
    const runtime = createRuntime(app, ports)
    const host = {
      app,
      remainingTimeMs: invocation.remainingTimeMs,
      handle: runtime.handle,
      requeue: ports.queue.send,
    }
    const handle = (batch: readonly Delivery[]) => handleInLanes(batch.filter(isActivity), host)
    return (event) => handleRecords(event, { backend, queue: 'activity', handle })
  })
}

function isActivity(delivery: Delivery): delivery is Delivery<ActivityMessage> {
  return delivery.message.kind === 'activity'
}
