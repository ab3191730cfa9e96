// Every name of the package that has to do with workflows, used as a type and as a value, and every member of what it names.

import {
  ConsoleLoggerService,
  DaprWorkflowClient,
  fromOrchestrationStatus,
  type LoggerOptions,
  type LoggerService,
  LogLevel,
  Task,
  toOrchestrationStatus,
  type TWorkflow,
  WorkflowActivityContext,
  WorkflowContext,
  WorkflowFailureDetails,
  WorkflowRuntime,
  WorkflowRuntimeStatus,
  WorkflowState,
} from '@dapr/dapr'

const lines: unknown[][] = []
const print = (...line: unknown[]): number => lines.push(line)

class QuietLogger extends ConsoleLoggerService implements LoggerService {
  override error(): void {}
  override warn(): void {}
  override info(): void {}
}
const logger: LoggerOptions = { level: LogLevel.Warn, service: new QuietLogger() }

const greet = async (ctx: WorkflowActivityContext, name: string): Promise<string> => {
  print(ctx instanceof WorkflowActivityContext, ctx.getWorkflowInstanceId(), ctx.getWorkflowActivityId())
  if (name === 'nobody') throw new RangeError('who?')
  return `Hello, ${name}`
}

const child: TWorkflow = async (_ctx: WorkflowContext, x: number): Promise<number> => x + 1

const main: TWorkflow = async function* (ctx: WorkflowContext, round: number): any {
  const greeting: Task<any> = ctx.callActivity(greet, 'you')
  const first = [
    ctx instanceof WorkflowContext,
    greeting instanceof Task,
    greeting.isComplete,
    greeting.isFailed,
  ]
  const hello = yield greeting
  const isReplaying = ctx.isReplaying()
  const all = ctx.whenAll([ctx.createTimer(0.001), ctx.callChildWorkflow<number, number>(child, 1)])
  const before = [all.completedTasks, all.pendingTasks()]
  const results = yield all
  const own = ctx.callSubWorkflow('child', 2, 'given')
  const winner = yield ctx.whenAny([own, ctx.waitForExternalEvent('never')])
  const refused = ctx.callActivity('greet', 'nobody')
  try {
    yield refused
  } catch (error: any) {
    const { message, errorType, stackTrace } = refused.getException().details
    ctx.setCustomStatus([error.name, message, errorType, typeof stackTrace].join(' '))
  }
  const now = ctx.getCurrentUtcDateTime() instanceof Date
  if (round < 2) {
    ctx.continueAsNew(round + 1, true)
    return undefined
  }
  const after = [all.completedTasks, all.pendingTasks(), winner === own, own.getResult(), refused.isFailed]
  if (!isReplaying) ctx.setCustomStatus(`${now} ${String(ctx.getWorkflowInstanceId())}`)
  yield ctx.waitForExternalEvent('end')
  throw new RangeError(JSON.stringify([first, hello, before, results.length, after]))
}

const runtime: WorkflowRuntime = new WorkflowRuntime({ logger })
  .registerWorkflow(main)
  .registerWorkflowWithName('child', child)
  .registerActivity(greet)
  .registerActivityWithName('again', greet)
const client = new DaprWorkflowClient({
  daprHost: '127.0.0.1',
  daprPort: '50001',
  daprApiToken: 'none',
  logger,
})
await runtime.start()
const id: string = await client.scheduleNewWorkflow('main', 1)
await client.waitForWorkflowStart(id, false, 10)
await client.raiseEvent(id, 'end')
const state: WorkflowState | undefined = await client.waitForWorkflowCompletion(id, true, 20)
if (!state) throw new Error('There is no state.')
const status: WorkflowRuntimeStatus = state.runtimeStatus
const ends: (WorkflowRuntimeStatus.COMPLETED | WorkflowRuntimeStatus.FAILED)[] = [1, 3]
const words: (string | undefined)[] = [...ends, 7].map((each) => WorkflowRuntimeStatus[each])
const failure: WorkflowFailureDetails | undefined = state.workflowFailureDetails
print(state instanceof WorkflowState, failure instanceof WorkflowFailureDetails)
print(
  state.name,
  state.instanceId === id,
  WorkflowRuntimeStatus[status],
  status === WorkflowRuntimeStatus.FAILED,
)
print(state.createdAt <= state.lastUpdatedAt, state.serializedInput, state.serializedOutput)
print(failure?.getErrorType(), failure?.getErrorMessage(), typeof failure?.getStackTrace())
print(toOrchestrationStatus(fromOrchestrationStatus(Number(status))), LogLevel[LogLevel.Verbose])
print(words.join(' '), LogLevel[ends.length])
await client.purgeWorkflow(id)
await client.purgeWorkflow('given')
await runtime.stop()
await client.stop()
for (const line of lines) if (line[1] !== id) console.log(line.join(' '))
