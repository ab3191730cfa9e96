// The workflow context: the surface that workflow code sees, laid over the calls that do the work.

import type { CreateTimerOptions, ScheduleNewWorkflowOptions } from '../workflow/call-options.ts'
import type { WorkflowContext } from '../workflow/context.ts'
import { type Duration, toMilliseconds } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { ActivityFunction, WorkflowFunction } from '../workflow/functions.ts'
import { limits } from '../workflow/limits.ts'
import { mapLogger } from '../workflow/logger.ts'
import { type Caller, type CallSite, captureSite } from './call-site.ts'
import { callActivity, callChildWorkflow } from './calls.ts'
import { whenAll, whenAny, whenAnyKey } from './composites.ts'
import type { Execution } from './execution.ts'
import { continueAsNew, rollback, sendEvent, setCustomStatus, startWorkflow } from './one-way-calls.ts'
import { uuid } from './random.ts'
import { createTimer, waitForEvent } from './waiting.ts'

/** A context for the execution. Its methods may be called detached (`const { callActivity } = ctx`). */
export function createContext(execution: Execution): WorkflowContext {
  const { started, scope } = execution
  const logger = mapLogger((level) => (message, fields) => {
    if (!execution.replaying) execution.logger[level](message, fields)
  })
  const context = {
    getWorkflowInstanceId: () => started.instanceId,
    getWorkflowName: () => started.name,
    ...(started.version !== undefined && { version: started.version }),
    getCurrentUtcDateTime: () => new Date(scope.now),
    isReplaying: () => execution.replaying,
    isPatched(name: string) {
      execution.assertCallable('isPatched')
      return execution.patches.ask(checkedName('patch', name))
    },
    logger,
    newGuid() {
      execution.assertCallable('newGuid')
      return uuid(scope.random)
    },
    ...waitingCalls(execution),
    ...oneWayCalls(execution),
  }
  return context as unknown as WorkflowContext
}

/** Every durable call passes here: it must be allowed now, and its place is kept for messages. */
function enter(execution: Execution, what: string, caller: Caller, always = false): CallSite | undefined {
  const site = !execution.replaying || execution.keepsPlaces || always ? captureSite(caller) : undefined
  execution.enter(what, site, caller)
  return site
}

function waitingCalls(execution: Execution) {
  const { app } = execution
  const calls = {
    callActivity(given: ActivityFunction | string, input?: unknown, options?: object) {
      const name = checkedName('activity', app.nameOfActivity(given))
      const site = enter(execution, `callActivity('${name}')`, calls.callActivity)
      return callActivity(execution, name, input, options, site).task
    },
    callChildWorkflow(given: WorkflowFunction | string, input?: unknown, options?: object) {
      const name = checkedName('workflow', app.nameOfWorkflow(given))
      const site = enter(execution, `callChildWorkflow('${name}')`, calls.callChildWorkflow)
      return callChildWorkflow(execution, name, input, options, site).task
    },
    createTimer(fireAt: Date | Duration, options?: CreateTimerOptions) {
      const name = options?.name === undefined ? undefined : checkedName('timer', options.name)
      const label = `createTimer(${name === undefined ? '' : `'${name}', `}${describeDelay(fireAt)})`
      const site = enter(execution, label, calls.createTimer, true)
      return createTimer(execution, fireAt, { label, site, name }).task
    },
    waitForExternalEvent(eventName: string, options?: { timeout?: Duration }) {
      const name = checkedName('event', eventName)
      const site = enter(execution, `waitForExternalEvent('${name}')`, calls.waitForExternalEvent)
      const timeoutMs = options?.timeout === undefined ? -1 : toMilliseconds(options.timeout)
      return waitForEvent(execution, name, timeoutMs, site).task
    },
    whenAll(tasks: unknown) {
      return whenAll(execution, tasks, captureSite(calls.whenAll)).task
    },
    whenAny(tasks: unknown) {
      const site = captureSite(calls.whenAny)
      if (typeof tasks !== 'object' || tasks === null || Array.isArray(tasks)) {
        return whenAny(execution, tasks, execution.inGenerator, site).task
      }
      return whenAnyKey(execution, tasks as Record<string, unknown>, site).task
    },
  }
  return calls
}

function oneWayCalls(execution: Execution) {
  const calls = {
    sendEvent(instanceId: string, eventName: string, data?: unknown) {
      const name = checkedName('event', eventName)
      enter(execution, `sendEvent('${name}')`, calls.sendEvent)
      sendEvent(execution, instanceId, name, data)
    },
    scheduleNewWorkflow(
      given: WorkflowFunction | string,
      input?: unknown,
      options?: ScheduleNewWorkflowOptions,
    ) {
      const name = checkedName('workflow', execution.app.nameOfWorkflow(given))
      enter(execution, `scheduleNewWorkflow('${name}')`, calls.scheduleNewWorkflow)
      return startWorkflow(execution, name, input, options)
    },
    rollback() {
      return rollback(execution, enter(execution, 'rollback()', calls.rollback)).task
    },
    discardRollbacks() {
      enter(execution, 'discardRollbacks()', calls.discardRollbacks)
      execution.rollbacks.discard()
    },
    continueAsNew(input?: unknown, keepEvents = false) {
      enter(execution, 'continueAsNew', calls.continueAsNew)
      continueAsNew(execution, input, keepEvents)
    },
    setCustomStatus(status: unknown) {
      enter(execution, 'setCustomStatus', calls.setCustomStatus)
      setCustomStatus(execution, status)
    },
  }
  return calls
}

function checkedName(kind: string, name: unknown): string {
  if (typeof name === 'string' && name !== '' && name.length <= limits.nameCharacters) return name
  const got = typeof name === 'string' ? `${name.length} characters` : typeof name
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `The ${kind} name must be a text of 1 to ${limits.nameCharacters} characters, got ${got}.`,
  )
}

function describeDelay(fireAt: unknown): string {
  if (fireAt instanceof Date) return Number.isNaN(fireAt.getTime()) ? 'Invalid Date' : fireAt.toISOString()
  return String(fireAt).slice(0, 40)
}
