// The workflow context: checks arguments at the call, turns calls into commands and answers into tasks.
import type { WorkflowContext } from '../workflow/context.ts'
import { type Duration, toDueTime, toMilliseconds } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { ActivityFunction, WorkflowFunction } from '../workflow/functions.ts'
import { limits } from '../workflow/limits.ts'
import { mapLogger } from '../workflow/logger.ts'
import { assertPayloadSize, decodePayload, encodePayload } from '../workflow/payload.ts'
import { type Caller, type CallSite, captureSite, describeSite } from './call-site.ts'
import { callActivity, callChildWorkflow, cancelTimer } from './calls.ts'
import { whenAll, whenAny, whenAnyKey } from './composites.ts'
import type { Execution } from './execution.ts'
import { engineFlags } from './flags.ts'
import { uuid } from './random.ts'
import { createTask } from './tasks.ts'

/** A context for the execution. Its methods may be called detached (`const { callActivity } = ctx`). */
export function createContext(execution: Execution): WorkflowContext {
  const { started, scope, app } = execution

  /** Every durable call passes here: it must be allowed now, and its place is kept for messages. */
  function enter(what: string, caller: Caller, always = false): CallSite | undefined {
    const site = !execution.replaying || always ? captureSite(caller) : undefined
    execution.enter(what, site, caller)
    return site
  }
  const logger = mapLogger((level) => (message, fields) => {
    if (!execution.replaying) execution.logger[level](message, fields)
  })

  const context = {
    getWorkflowInstanceId: () => started.instanceId,
    getWorkflowName: () => started.name,
    getCurrentUtcDateTime: () => new Date(scope.now),
    isReplaying: () => execution.replaying,
    logger,

    callActivity(given: ActivityFunction | string, input?: unknown, options?: object) {
      const name = nameOf('activity', app.nameOfActivity(given))
      const site = enter(`callActivity('${name}')`, context.callActivity)
      return callActivity(execution, name, input, options, site).task
    },

    callChildWorkflow(given: WorkflowFunction | string, input?: unknown, options?: object) {
      const name = nameOf('workflow', app.nameOfWorkflow(given))
      const site = enter(`callChildWorkflow('${name}')`, context.callChildWorkflow)
      return callChildWorkflow(execution, name, input, options, site).task
    },

    createTimer(fireAt: Date | Duration) {
      const site = enter(`createTimer(${describeDelay(fireAt)})`, context.createTimer, true)
      const dueAt = toDueTime(fireAt, scope.now)
      const seq = execution.commands.nextSeq()
      const task = createTask(execution, {
        label: `createTimer(${describeDelay(fireAt)})`,
        site,
        idle: true,
        onCancel: () => cancelTimer(execution, seq),
      })
      execution.commands.issue({ kind: 'createTimer', seq, dueAt })
      execution.pending.set(seq, {
        label: task.label,
        onCompleted: () => task.complete(undefined),
        onFailed: () => {},
      })
      return task.task
    },

    waitForExternalEvent(eventName: string, options?: { timeout?: Duration }) {
      const name = nameOf('event', eventName)
      const site = enter(`waitForExternalEvent('${name}')`, context.waitForExternalEvent)
      const timeoutMs = options?.timeout === undefined ? -1 : toMilliseconds(options.timeout)
      return waitForEvent(execution, name, timeoutMs, site)
    },

    sendEvent(instanceId: string, eventName: string, data?: unknown) {
      const name = nameOf('event', eventName)
      enter(`sendEvent('${name}')`, context.sendEvent)
      if (
        typeof instanceId !== 'string' ||
        instanceId === '' ||
        instanceId.length > limits.childInstanceIdCharacters
      ) {
        throw new TenutoError(
          'INVALID_ARGUMENT',
          `sendEvent expects an instance id of 1 to ${limits.childInstanceIdCharacters} characters.`,
        )
      }
      const input = encodePayload(data, `The data of event '${name}'`)
      const seq = execution.commands.nextSeq()
      execution.commands.issue({
        kind: 'sendEvent',
        seq,
        instanceId,
        name,
        ...(input !== undefined && { input }),
      })
    },

    continueAsNew(input?: unknown, keepEvents = false) {
      enter('continueAsNew', context.continueAsNew)
      const payload = encodePayload(input, 'The input of continueAsNew')
      if (started.flags.includes(engineFlags.refuseUnawaitedAtContinueAsNew)) refuseUnawaited(execution)
      execution.end({
        kind: 'continuedAsNew',
        input: payload,
        unread: keepEvents ? execution.events.unread : [],
      })
    },

    setCustomStatus(status: unknown) {
      enter('setCustomStatus', context.setCustomStatus)
      const text = typeof status === 'string' ? status : encodePayload(status, 'The custom status')
      if (text !== undefined) assertPayloadSize(text, 'The custom status')
      execution.customStatus = text
    },

    whenAll(tasks: unknown) {
      return whenAll(execution, tasks, captureSite(context.whenAll)).task
    },

    whenAny(tasks: unknown) {
      const site = captureSite(context.whenAny)
      if (typeof tasks !== 'object' || tasks === null || Array.isArray(tasks)) {
        return whenAny(execution, tasks, execution.inGenerator, site).task
      }
      return whenAnyKey(execution, tasks as Record<string, unknown>, site).task
    },

    newGuid() {
      execution.assertCallable('newGuid')
      return uuid(scope.random)
    },
  }
  return context as unknown as WorkflowContext
}

function waitForEvent(execution: Execution, name: string, timeoutMs: number, site: CallSite | undefined) {
  const { commands, events, pending, scope } = execution
  let timer: number | undefined
  let stopWaiting = (): void => {}
  const task = createTask(execution, {
    label: `waitForExternalEvent('${name}')`,
    site,
    onCancel: () => {
      stopWaiting()
      if (timer !== undefined) cancelTimer(execution, timer)
    },
  })
  const unread = events.takeUnread(name)
  if (unread) {
    task.complete(decodePayload(unread.input))
  } else if (timeoutMs === 0) {
    task.fail(eventTimeout(name, timeoutMs))
  } else {
    stopWaiting = events.wait(name, (event) => {
      if (timer !== undefined) cancelTimer(execution, timer)
      task.complete(decodePayload(event.input))
    })
    if (timeoutMs > 0) {
      timer = commands.nextSeq()
      commands.issue({
        kind: 'createTimer',
        seq: timer,
        dueAt: scope.now + timeoutMs,
        origin: { kind: 'externalEvent', name },
      })
      pending.set(timer, {
        label: `the timeout of ${task.label}`,
        onCompleted: () => {
          stopWaiting()
          task.fail(eventTimeout(name, timeoutMs))
        },
        onFailed: () => {},
      })
    }
  }
  return task.task
}

function eventTimeout(name: string, timeoutMs: number): TenutoError {
  return new TenutoError('EVENT_TIMEOUT', `No event '${name}' came within ${timeoutMs / 1000} s.`)
}

/** A timer or composite that nobody awaited would vanish here, and the workflow would spin instead of waiting. */
function refuseUnawaited(execution: Execution): void {
  const lost = [...execution.unobserved].filter((task) => task.idle && task.status === 'pending')
  if (lost.length === 0) return
  const names = lost.map((task) => `${task.label}${describeSite(task.site)}`).join('; ')
  throw new TenutoError(
    'TASK_NOT_AWAITED',
    `continueAsNew would lose what was never awaited: ${names}. Is an await or yield missing?`,
  )
}

function nameOf(kind: string, name: unknown): string {
  if (typeof name === 'string' && name !== '' && name.length <= limits.nameCharacters) return name
  const got = typeof name === 'string' ? `${name.length} characters` : typeof name
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `The name of an ${kind} must be a text of 1 to ${limits.nameCharacters} characters, got ${got}.`,
  )
}

function describeDelay(fireAt: unknown): string {
  if (fireAt instanceof Date) return Number.isNaN(fireAt.getTime()) ? 'Invalid Date' : fireAt.toISOString()
  return String(fireAt).slice(0, 40)
}
