// Every conformance case of whole workflows through the functions, as event source mappings call them.

import { activityHandler, deadLetterHandler, orchestratorHandler } from '../../../src/aws/index.ts'
import type { OpenHost } from '../../conformance/test-host.ts'
import { describeWorkflows } from '../../conformance/workflow.suite.ts'
import { connect, contextWith, createWorld } from './support.ts'

/** The longest that Lambda allows. */
const context = contextWith(15 * 60_000)

const open: OpenHost = async (app, logger, tracer) => {
  const manners = { visibilityMs: 3_600_000, batch: () => 10 }
  const world = createWorld({ logger, ...(tracer && { tracer }), manners })
  const { clock, ports, store } = world.memory
  const options = { backend: world.backend }
  const handlers = { workflow: orchestratorHandler(app, options), activity: activityHandler(app, options) }
  connect(world, handlers, deadLetterHandler(app, options), context)
  return {
    management: world.management,
    store,
    now: () => clock.now(),
    shortMs: 60_000,
    changed: async (instanceId, signal) => ports.watch?.(instanceId, signal),
    async pass(promise) {
      let isSettled = false
      const note = (): void => {
        isSettled = true
      }
      promise.then(note, note)
      if (!(await clock.runUntil(() => isSettled))) throw new Error('Nothing is left to happen.')
      return promise
    },
    async idle() {
      await clock.runUntil(() => false, 0)
    },
    close: async () => {},
  }
}

describeWorkflows('Lambda functions', open)
