// Runtimes and clients as programs written for Dapr make them: registration, the backend they share, states, waits and refusals.

import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import {
  DaprWorkflowClient,
  fromOrchestrationStatus,
  LogLevel,
  TimeoutError,
  toOrchestrationStatus,
  type WorkflowContext,
  WorkflowRuntime,
  WorkflowRuntimeStatus,
} from '../../src/dapr/index.ts'
import { toLogger } from '../../src/dapr/logger.ts'
import { WorkflowState } from '../../src/dapr/workflow-state.ts'
import { isTenutoError } from '../../src/workflow/errors.ts'
import { temporaryFolder } from '../local/harness.ts'
import { openStage, silent, type Steps } from './stage.ts'

const logger = silent

function one(): number {
  return 1
}

async function* waiting(ctx: WorkflowContext): Steps {
  return yield ctx.waitForExternalEvent('go')
}

test('registration can be chained, and refuses what has no name, a name that is taken, and anything while it runs', async () => {
  const { runtime } = await openStage({ waiting }, { one })
  expect(() => runtime.registerWorkflow(one)).toThrow('running already')
  const fresh = new WorkflowRuntime({ logger })
  expect(fresh.registerWorkflow(waiting).registerActivity(one)).toBe(fresh)
  expect(() => fresh.registerWorkflowWithName('waiting', one)).toThrow("The workflow name 'waiting' is taken")
  expect(() => fresh.registerActivity(one)).toThrow("The activity name 'one' is taken")
  const anonymous = (
    () => () =>
      1
  )()
  expect(() => fresh.registerActivity(anonymous)).toThrow('An anonymous function is no activity')
  expect(() => fresh.registerWorkflowWithName('', one)).toThrow('names no workflow')
  expect(() => fresh.registerWorkflowWithName('x', 5 as never)).toThrow("The workflow 'x' must be a function")
  await expect(fresh.stop()).rejects.toThrow('not running')
  await expect(runtime.start()).rejects.toThrow('running already')
})

test('what a runtime has registered is an app, for handlers of Lambda', () => {
  const app = new WorkflowRuntime({ logger }).registerWorkflow(waiting).registerActivity(one).toApp()
  expect([app.workflowNames, app.activityNames]).toEqual([['waiting'], ['one']])
  expect(app.nameOfActivity(one)).toBe('one')
})

test('without a backend all share one in the folder of TENUTO_DATA, which outlives them', async () => {
  vi.stubEnv('TENUTO_DATA', join(temporaryFolder(), 'data'))
  const client = new DaprWorkflowClient({ logger })
  const id = await client.scheduleNewWorkflow(waiting, undefined, 'early')
  const first = new WorkflowRuntime({ logger }).registerWorkflow(waiting)
  await first.start()
  expect((await client.waitForWorkflowStart(id))?.name).toBe('waiting')

  // A second runtime beside the first one runs what only it knows; what is left goes on when the first one is gone.
  const second = new WorkflowRuntime({ logger }).registerWorkflow(one)
  await second.start()
  expect(
    (await client.waitForWorkflowCompletion(await client.scheduleNewWorkflow('one')))?.serializedOutput,
  ).toBe('1')
  await first.stop()
  expect(
    (await client.waitForWorkflowCompletion(await client.scheduleNewWorkflow(one)))?.serializedOutput,
  ).toBe('1')
  await second.stop()

  await client.raiseEvent('early', 'go', { by: 'anna' })
  expect((await client.getWorkflowState('early', true))?.runtimeStatus).toBe(WorkflowRuntimeStatus.RUNNING)
  await first.start()
  expect((await client.waitForWorkflowCompletion('early'))?.serializedOutput).toBe('{"by":"anna"}')
  await Promise.all([first.stop(), client.stop()])
})

test('who waits goes on waiting while runtimes stop and start; a client that is stopped waits no more (Dapr: reconnect/waitfor)', async () => {
  vi.stubEnv('TENUTO_DATA', join(temporaryFolder(), 'data'))
  const [client, other] = [new DaprWorkflowClient({ logger }), new DaprWorkflowClient({ logger })]
  const runtime = new WorkflowRuntime({ logger }).registerWorkflow(waiting)
  await runtime.start()
  const id = await client.scheduleNewWorkflow(waiting)
  await client.waitForWorkflowStart(id)
  const completion = client.waitForWorkflowCompletion(id)
  await runtime.stop()
  await runtime.start()
  await other.raiseEvent(id, 'go', 'at last')
  expect((await completion)?.serializedOutput).toBe('"at last"')
  const second = await other.scheduleNewWorkflow(waiting)
  const given = other.waitForWorkflowCompletion(second).catch((error: unknown) => error)
  await other.waitForWorkflowStart(second)
  await Promise.all([client.stop(), other.stop(), runtime.stop()])
  expect(await given).toMatchObject({ code: 'UNAVAILABLE' })
})

test('the client lists ids page by page, gives histories and begins reruns', async () => {
  const show = (_ctx: unknown, input: unknown) => input
  async function* two(ctx: WorkflowContext): Steps {
    return [yield ctx.callActivity(show, 'first'), yield ctx.callActivity(show, 'second')]
  }
  const { client } = await openStage({ two }, { show })
  for (const id of ['a', 'b', 'c']) {
    await client.scheduleNewWorkflow(two, undefined, id)
    await client.waitForWorkflowCompletion(id)
  }
  const first = await client.listInstanceIds({ pageSize: 2 })
  const rest = await client.listInstanceIds({ continuationToken: first.continuationToken ?? '' })
  expect([...first.instanceIds, ...rest.instanceIds]).toEqual(['a', 'b', 'c'])
  expect(rest.continuationToken).toBeUndefined()
  const { episodes } = await client.getInstanceHistory('a')
  expect(episodes.flatMap(({ commands }) => commands.map(({ seq }) => seq))).toEqual([1, 2])
  const id = await client.rerunWorkflowFromEvent('a', 2, { newInstanceId: 'again', input: null })
  expect(id).toBe('again')
  const state = await client.waitForWorkflowCompletion(id)
  expect(state?.serializedOutput).toBe('["first",null]')
})

test('a start that fails can be tried again', async () => {
  const data = temporaryFolder()
  vi.stubEnv('TENUTO_DATA', data)
  const { openLocalBackend } = await import('../../src/local/index.ts')
  const other = await openLocalBackend({ dataDir: data })
  const runtime = new WorkflowRuntime({ logger }).registerWorkflow(one)
  await expect(runtime.start()).rejects.toMatchObject({ code: 'STORAGE_LOCKED' })
  await other.stop()
  await runtime.start()
  await runtime.stop()
})

test('a state without payloads has none', async () => {
  const { client, run } = await openStage({ one })
  await run('one', 5)
  expect(await client.getWorkflowState('one', false)).toMatchObject({
    name: 'one',
    serializedInput: undefined,
    serializedOutput: undefined,
    customStatus: undefined,
  })
  expect(await client.getWorkflowState('one', true)).toMatchObject({
    serializedInput: '5',
    serializedOutput: '1',
  })
  expect(await client.getWorkflowState('nobody', true)).toBeUndefined()
})

test('statuses are the numbers of Dapr; STALLED, which it has no number for, reads RUNNING', () => {
  const now = new Date()
  const view = { instanceId: 'a', workflowName: 'a', createdAt: now, lastUpdatedAt: now }
  const failure = { errorType: 'TenutoError', message: 'differs', code: 'NON_DETERMINISM' }
  const numberOf = (status: 'COMPLETED' | 'STALLED') => new WorkflowState({ ...view, status, failure }, true)
  expect(numberOf('COMPLETED').runtimeStatus).toBe(1)
  expect(numberOf('STALLED')).toMatchObject({ runtimeStatus: 0, workflowFailureDetails: undefined })
  const names = [
    'RUNNING',
    'COMPLETED',
    'CONTINUED_AS_NEW',
    'FAILED',
    'TERMINATED',
    'PENDING',
    'SUSPENDED',
  ] as const
  expect(names.map((name) => WorkflowRuntimeStatus[name])).toEqual([0, 1, 2, 3, 5, 6, 7])
  for (const name of names) expect(WorkflowRuntimeStatus[WorkflowRuntimeStatus[name]]).toBe(name)
  expect([fromOrchestrationStatus(3), toOrchestrationStatus(5)]).toEqual([3, 5])
})

test('a wait whose time is up throws the error of Dapr, and its cause says more', async () => {
  const { client } = await openStage({ waiting })
  await client.scheduleNewWorkflow('waiting', undefined, 'patient')
  const error: unknown = await client
    .waitForWorkflowCompletion('patient', true, 0)
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error).toMatchObject({ message: 'TimeoutError', cause: { code: 'WAIT_TIMEOUT' } })
  await expect(client.waitForWorkflowStart('patient', true, Number.NaN)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
  expect(await client.waitForWorkflowCompletion('nobody')).toBeUndefined()
})

test('an event without data brings null, and a termination without an output leaves null', async () => {
  const { client } = await openStage({ waiting })
  const told = await client.scheduleNewWorkflow('waiting', undefined, 'told')
  await client.raiseEvent(told, 'GO')
  expect((await client.waitForWorkflowCompletion(told))?.serializedOutput).toBe('null')
  const ended = await client.scheduleNewWorkflow('waiting', undefined, 'ended')
  await client.terminateWorkflow(ended)
  expect(await client.waitForWorkflowCompletion(ended)).toMatchObject({
    runtimeStatus: WorkflowRuntimeStatus.TERMINATED,
    serializedOutput: 'null',
  })
})

test('refusals carry codes', async () => {
  const { client, run } = await openStage({ waiting, one })
  const codeOf = async (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'none',
      (error: unknown) => (isTenutoError(error) ? error.code : error),
    )
  await run('one')
  await client.scheduleNewWorkflow('waiting', 1, 'taken')
  expect(await codeOf(client.scheduleNewWorkflow('waiting', 2, 'taken'))).toBe('ERR_START_WORKFLOW')
  expect(await codeOf(client.purgeWorkflow('taken'))).toBe('ERR_PURGE_WORKFLOW')
  expect(await codeOf(client.raiseEvent('nobody', 'go'))).toBe('ERR_INSTANCE_ID_NOT_FOUND')
  expect(await codeOf(client.suspendWorkflow('one'))).toBe('ERR_PAUSE_WORKFLOW')
  expect(await codeOf(client.resumeWorkflow('one'))).toBe('ERR_RESUME_WORKFLOW')
  expect(await client.purgeWorkflow('one')).toBe(true)
  expect(await client.purgeWorkflow('one')).toBe(false)
})

test.each([
  [undefined, ['error', 'warn', 'info']],
  [LogLevel.Error, ['error']],
  [LogLevel.Debug, ['error', 'warn', 'info', 'debug']],
])('at level %s the service of Dapr hears %j', (level, heard) => {
  const calls: string[] = []
  const note = (name: string) => () => void calls.push(name)
  const service = {
    error: note('error'),
    warn: note('warn'),
    info: note('info'),
    verbose: note('verbose'),
    debug: note('debug'),
  }
  const target = toLogger({ service, ...(level !== undefined && { level }) })
  for (const name of ['error', 'warn', 'info', 'debug'] as const) target[name]('a line', { a: 1 })
  expect(calls).toEqual(heard)
})
