// The runtime: an app on a platform. It handles what the queues deliver and does what the outside asks; it owns nothing but memory.

import { isTaskOutcome } from '../engine/events.ts'
import { trapUnhandledRejections } from '../engine/window.ts'
import type { App } from '../workflow/app.ts'
import { assert } from '../workflow/errors.ts'
import { toFailureDetails } from '../workflow/failure.ts'
import type { Logger } from '../workflow/logger.ts'
import { ActivityHandler, type ActivityHandlerHost } from './activity-handler.ts'
import { runActivity } from './activity-runner.ts'
import { advance } from './advance.ts'
import { handleDead } from './dead-letters.ts'
import { KeyedMutex } from './keyed-mutex.ts'
import { keyText, LiveInstances } from './live-instance.ts'
import { createManagement } from './manage.ts'
import type { Management } from './management.ts'
import type { ActivityMessage, Delivery, WorkflowMessage } from './messages.ts'
import type { Ports } from './ports.ts'
import { recoverStalled } from './recover-stalled.ts'
import { recoverStarts } from './recover-starts.ts'
import { RunningActivities } from './running-activities.ts'
import { sweep, type SweepOptions, type SweepReport } from './sweeper.ts'

export interface RuntimeOptions {
  /** Default: that of the ports. */
  readonly logger?: Logger
  /** Ms since the epoch until which a handler that begins now may run: leases for inline activities end then. Default: in a minute. */
  readonly deadline?: () => number
  /** Instances kept in memory to be continued instead of replayed. Default 10,000. */
  readonly liveInstances?: number
}

export interface Runtime {
  readonly management: Management
  /** Handles messages of either queue. @returns those that may be acknowledged; it never rejects. */
  handle(batch: readonly Delivery[]): Promise<ReadonlySet<Delivery>>
  /** Handles a message that was delivered too often: its fact is made durable or becomes a failure; nothing is dropped. */
  handleDead(delivery: Delivery): Promise<void>
  /** Tries every `STALLED` instance again; for the start of a host that may have other code. @returns how many */
  recoverStalled(): Promise<number>
  /** Rings for instances that have had no turn: for a start of the only process, where no sweeper walks. */
  recoverStarts(): Promise<void>
  /** Rings for what has waited too long; to be called every few minutes where messages can get lost. */
  sweep(options: SweepOptions): Promise<SweepReport>
  /** Forgets everything in memory; for when the store could not keep what it had accepted. */
  reset(): void
  /** Aborts the signals of running activities and lets go of the process. */
  close(): void
}

export function createRuntime(app: App, given: Ports, options: RuntimeOptions = {}): Runtime {
  const logger = options.logger ?? given.logger
  const ports: Ports = { ...given, logger }
  const shutdown = new AbortController()
  const untrap = trapUnhandledRejections()
  const host = createHost(app, ports, options, shutdown.signal)
  const activities = new ActivityHandler(host)

  /** Messages of one instance are handled together: all of them may be acknowledged, or none. */
  async function handleGroup(
    group: readonly Delivery<WorkflowMessage>[],
    acknowledged: Set<Delivery>,
  ): Promise<void> {
    const [first] = group
    if (!first) return
    const { instanceId, incarnation } = first.message
    const key = { instanceId, incarnation }
    try {
      await host.exclusive(key, () => advance(host, { key, deliveries: group }))
      for (const delivery of group) acknowledged.add(delivery)
    } catch (error) {
      logger.warn('A turn failed; its messages come again.', {
        instanceId: key.instanceId,
        error: toFailureDetails(error),
      })
    }
  }

  return {
    management: createManagement(ports),
    async handle(batch) {
      const acknowledged = new Set<Delivery>()
      const groups = Map.groupBy(batch.filter(isWorkflowDelivery), ({ message }) => keyText(message))
      await Promise.all([
        ...[...groups.values()].map((group) => handleGroup(group, acknowledged)),
        activities.handle(batch.filter(isActivityDelivery), acknowledged),
      ])
      return acknowledged
    },
    handleDead: (delivery) => handleDead(host, delivery),
    recoverStalled: () => recoverStalled(ports),
    recoverStarts: () => recoverStarts(ports),
    sweep: (sweepOptions) => sweep(ports, sweepOptions),
    reset: () => host.instances.clear(),
    close() {
      shutdown.abort()
      untrap()
    },
  }
}

function createHost(
  app: App,
  ports: Ports,
  options: RuntimeOptions,
  shutdown: AbortSignal,
): ActivityHandlerHost {
  const { clock, logger, tracer } = ports
  const mutex = new KeyedMutex()
  return {
    app,
    ports,
    instances: new LiveInstances(options.liveInstances),
    running: new RunningActivities(),
    shutdown,
    deadline: options.deadline ?? (() => clock.now() + 60_000),
    async runInline(message) {
      const outcome = await runActivity({ app, clock, logger, tracer, shutdown }, message)
      assert(isTaskOutcome(outcome), 'an inline activity was deferred')
      return outcome
    },
    exclusive: (key, task) => mutex.run(keyText(key), task),
  }
}

function isWorkflowDelivery(delivery: Delivery): delivery is Delivery<WorkflowMessage> {
  return delivery.message.kind !== 'activity'
}

function isActivityDelivery(delivery: Delivery): delivery is Delivery<ActivityMessage> {
  return delivery.message.kind === 'activity'
}
