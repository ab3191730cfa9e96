// The context that workflow code written for Dapr is handed: its methods, those of 3.19, and what is said of its mistakes.

import { expect, test } from 'vitest'
import { Task, type TWorkflow, type WorkflowActivityContext, WorkflowContext } from '../../src/dapr/index.ts'
import type { TaskFailedError } from '../../src/workflow/failure.ts'
import { openStage, type Stage, type Steps } from './stage.ts'

const echo = (_: unknown, value: unknown): unknown => value

/** The output of one workflow that has an echo to call. */
async function outputOf(workflow: TWorkflow, input?: unknown): Promise<unknown> {
  const { run } = await openStage({ workflow }, { echo })
  return parsed((await run('workflow', input)).serializedOutput)
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text)
}

test('contexts and tasks are instances of what Dapr exports as classes', async () => {
  const output = outputOf(async function* (ctx: WorkflowContext): Steps {
    const task = ctx.callActivity('echo', 1)
    yield task
    return [ctx instanceof WorkflowContext, task instanceof Task, {} instanceof Task]
  })
  expect(await output).toEqual([true, true, false])
})

test('a task tells its state, its result and its failure, by methods', async () => {
  const fail = (): never => {
    throw new RangeError('no stock')
  }
  async function* workflow(ctx: WorkflowContext): Steps {
    const tasks = [ctx.callActivity('echo', 7), ctx.callActivity('fail')]
    const before = tasks.map(({ isComplete }) => isComplete)
    for (const task of tasks) yield ctx.whenAny([task])
    const [good, bad] = tasks
    const error = bad?.getException() as TaskFailedError
    const { message, details } = error
    return [before, good?.getResult() as unknown, good?.isFailed, bad?.isFailed, message, details.errorType]
  }
  const { run } = await openStage({ workflow }, { echo, fail })
  expect(parsed((await run('workflow')).serializedOutput)).toEqual([
    [false, false],
    7,
    false,
    true,
    'workflow: Activity task #2 failed: no stock',
    'RangeError',
  ])
})

test('sync generators, async generators and async functions all run, and each gives its value', async () => {
  const { run } = await openStage(
    {
      *sync(ctx: WorkflowContext): Generator<unknown, unknown, unknown> {
        return yield ctx.callActivity('echo', 1)
      },
      async *async(ctx: WorkflowContext): Steps {
        return yield ctx.callActivity('echo', 2)
      },
      plain: async (ctx: WorkflowContext) => ctx.callActivity('echo', 3) as Promise<unknown>,
      list: () => ['not', 'a', 'generator'],
    },
    { echo },
  )
  const outputs: unknown[] = []
  for (const name of ['sync', 'async', 'plain', 'list'])
    outputs.push(parsed((await run(name)).serializedOutput))
  expect(outputs).toEqual([1, 2, 3, ['not', 'a', 'generator']])
})

test.each([0, '', false, null])('%j survives input, activity, child and continue-as-new', async (value) => {
  interface Round {
    readonly round: number
    readonly value: unknown
  }
  async function* travel(ctx: WorkflowContext, { round, value: given }: Round): Steps {
    const answer = yield ctx.callActivity('echo', given)
    const child = yield ctx.callChildWorkflow('echo', answer)
    if (round === 1) ctx.continueAsNew({ round: 2, value: child }, false)
    return [given, answer, child]
  }
  const { run } = await openStage({ travel, echo }, { echo })
  const { serializedOutput } = await run('travel', { round: 1, value })
  expect(parsed(serializedOutput)).toEqual([value, value, value])
})

test('a retry policy of seconds tries an activity and a child again (3.19)', async () => {
  const attempts: number[] = []
  function flaky(ctx: WorkflowActivityContext): number {
    attempts.push(ctx.attempt)
    if (attempts.length % 3 !== 0) throw new Error('not yet')
    return attempts.length
  }
  const retryPolicy = { firstRetryInterval: 0.001, maxNumberOfAttempts: 3, backoffCoefficient: 2 }
  async function* child(ctx: WorkflowContext): Steps {
    return yield ctx.callActivity('flaky')
  }
  async function* parent(ctx: WorkflowContext): Steps {
    const own = yield ctx.callActivity('flaky', undefined, { retryPolicy })
    const childs = yield ctx.callChildWorkflow('child', undefined, undefined, { retryPolicy })
    return [own, childs]
  }
  const { run } = await openStage({ parent, child }, { flaky })
  expect(parsed((await run('parent')).serializedOutput)).toEqual([3, 6])
  expect(attempts).toEqual([1, 2, 3, 1, 1, 1])
})

test('sendEvent, newGuid and logger are there (3.19)', async () => {
  const lines: unknown[] = []
  const service = { info: (message: unknown) => lines.push(message) }
  async function* workflow(ctx: WorkflowContext): Steps {
    ctx.logger.info('once')
    ctx.sendEvent(ctx.getWorkflowInstanceId(), 'note', { from: 'self' })
    const note = yield ctx.waitForExternalEvent('note')
    const guids = [ctx.newGuid(), ctx.newGuid()]
    yield ctx.createTimer(0)
    return [note, guids]
  }
  const others = { error() {}, warn() {}, verbose() {}, debug() {} }
  const { run } = await openStage({ workflow }, {}, { service: { ...others, ...service } })
  const [note, guids] = parsed((await run('workflow')).serializedOutput) as [unknown, string[]]
  expect(note).toEqual({ from: 'self' })
  expect(new Set(guids).size).toBe(2)
  for (const guid of guids) expect(guid).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
  expect(lines).toContain('once')
})

test('a workflow starts another by function or name, with an id and a date, and does not wait for it', async () => {
  const later = async (_ctx: WorkflowContext, x: unknown) => x
  async function* workflow(ctx: WorkflowContext): AsyncGenerator {
    yield ctx.createTimer(0)
    const date = new Date(ctx.getCurrentUtcDateTime().getTime() - 1)
    return [ctx.scheduleNewWorkflow(later, 1), ctx.scheduleNewWorkflow('later', 2, 'given', date)]
  }
  const { run, client } = await openStage({ workflow, later }, {})
  const ids = parsed((await run('workflow')).serializedOutput) as [string, string]
  expect(ids[0]).toMatch(/-1$/)
  expect(ids[1]).toBe('given')
  for (const [at, id] of ids.entries()) {
    const state = await client.waitForWorkflowCompletion(id)
    expect(parsed(state?.serializedOutput)).toBe(at + 1)
  }
})

async function failureOf({ run }: Stage, name: string): Promise<readonly (string | undefined)[]> {
  const { workflowFailureDetails: failure } = await run(name)
  return [failure?.getErrorType(), failure?.getErrorMessage()]
}

test('a mistake is named with the line of the program, not with one of ours', async () => {
  async function* forgetful(ctx: WorkflowContext): AsyncGenerator {
    yield ctx.callActivity('echo', 1)
    void ctx.createTimer(3600)
    ctx.continueAsNew()
  }
  async function* wrong(ctx: WorkflowContext): AsyncGenerator {
    yield ctx.callSubWorkflow('child')
    yield 5
  }
  const stage = await openStage({ forgetful, wrong, child: () => 1 }, { echo })
  const [, message] = await failureOf(stage, 'forgetful')
  expect(message).toMatch(/createTimer\(3600\) at .*workflow-context\.test\.ts:\d+:\d+/)
  expect(message).not.toContain('src/dapr')
  const [, second] = await failureOf(stage, 'wrong')
  expect(second).toMatch(/yielded 5 .*callChildWorkflow\('child'\) at .*workflow-context\.test\.ts:\d+:\d+/)
})

test('what nobody has registered fails with the error type of Dapr (JS: keep/not registered)', async () => {
  async function* caller(ctx: WorkflowContext): AsyncGenerator {
    yield ctx.callActivity('nobody')
  }
  const stage = await openStage({ caller })
  expect((await failureOf(stage, 'nobody'))[0]).toBe('OrchestratorNotRegisteredError')
  expect((await failureOf(stage, 'caller'))[0]).toBe('TaskFailedError')
})

test('functions are called by their own name, and one without a name is refused', async () => {
  async function* named(ctx: WorkflowContext): Steps {
    return yield ctx.callActivity(echo, 'by function')
  }
  const anonymous = (
    () => () =>
      1
  )()
  async function* nameless(ctx: WorkflowContext): AsyncGenerator {
    yield ctx.callActivity(anonymous)
  }
  const stage = await openStage({ named, nameless }, { echo })
  expect(parsed((await stage.run('named')).serializedOutput)).toBe('by function')
  expect(await failureOf(stage, 'nameless')).toEqual(['TenutoError', expect.stringContaining('anonymous')])
})

test('a custom status is kept as text, an object as JSON', async () => {
  const { run } = await openStage({
    text: (ctx: WorkflowContext) => ctx.setCustomStatus('nearly'),
    object: (ctx: WorkflowContext) => ctx.setCustomStatus({ step: 2 }),
    none: () => 1,
  })
  const statuses = [await run('text'), await run('object'), await run('none')]
  expect(statuses.map(({ customStatus }) => customStatus)).toEqual(['nearly', '{"step":2}', ''])
})
