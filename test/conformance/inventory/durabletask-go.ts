// durabletask-go: a Go test is a case, by its own name without `Test_`.

import { type CaseGroup, names } from './case-group.ts'

const source = 'DG'

export const durabletaskGoCases: readonly CaseGroup[] = [
  {
    source,
    group: '',
    cases: {
      EmptyWorkflow: 'a workflow without steps completes',
      SingleTimer: 'a timer fires',
      ConcurrentTimers: 'many timers at once all fire',
      IsReplaying: 'true for the past, false for what is new',
      SingleActivity: 'one activity completes',
      ActivityChain: 'activities one after the other',
      ActivityRetries: 'an activity is tried again',
      ActivityFanOut: 'activities at once',
      SingleChildWorkflow_Completed: 'a child and its result',
      SingleChildWorkflow_Failed: 'a child that fails fails the call',
      SingleChildWorkflow_Failed_Retries: 'it is tried again under a policy',
      SingleChildWorkflow_Failed_Retries_AutoInstanceID: 'each attempt gets an id of its own',
      ContinueAsNew: 'generation after generation',
      'ContinueAsNew+Events': 'kept events go along',
      ExternalEventContention: 'two waits for one name get an event each',
      ExternalEventWorkflow: 'an event reaches its waiter',
      ExternalEventTimeout: 'one that does not come in time fails the wait',
      SuspendResumeWorkflow: 'suspended and resumed',
      TerminateWorkflow: 'terminated, with an output',
      TerminateWorkflow_Recursive: 'children are terminated too',
      TerminateWorkflow_Recursive_TerminateCompletedChildWorkflow: 'those that have ended are left alone',
      PurgeWorkflow_Recursive: 'children are purged too',
      'backend/recursivePurge': 'children that are gone are no hindrance; one that runs is',
      'backend/cascadeTerminate': 'each child is told',
      PurgeCompletedWorkflow: 'purged',
      RecreateCompletedWorkflow: 'an ended id starts anew',
      SingleActivity_ReuseInstanceIDError: 'a live id is refused',
      SingleActivity_EnforceUniqueInstanceID: 'a start may refuse an id that was ever used',
      TaskExecutionId: 'one id over all attempts of a call',
      ListInstanceIDs: 'instances are listed',
      GetInstanceHistory: 'a history can be read',
      WaitForInstanceStart: 'a wait for the start, and its time-out',
      WorkflowPatching_DefaultToPatched: 'new code takes the new way',
      WorkflowPatching_RunUnpatchedVersion: 'an instance that is past the patch takes the old one',
      WorkflowPatching_MultiplePatches: 'several are told apart',
      WorkflowPatching_ContinueAsNewDoNotCarryOverChoices: 'a new generation asks anew',
      WorkflowPatching_PatchPersistsAcrossReplays: 'an answer is kept',
      WorkflowPatching_PatchRemembersToStayFalse: 'also when it is no',
      SingleActivity_TaskSpan: 'an activity has a span below that of its workflow',
      ActivityTraceContext: 'an activity is told where it is in the trace',
      WorkflowPatching_TracingSpans: 'the span of a workflow says which patches it has applied',
      StatefulHistory_MultiTurn: 'many turns on one live instance',
    },
  },
  {
    source,
    group: 'Executor',
    cases: {
      WaitForEventSchedulesTimer: 'a wait with a time-out makes a timer',
      WaitForEvent_TimerFiresCancelsTask: 'when it fires the wait is over',
      CreateTimer_SetsCreateTimerOrigin: 'a timer says what it is for',
      SuspendStopsAllActions: 'nothing is asked for while suspended',
      TerminateStopsSubsequentEvents: 'what comes after a termination is dropped',
      TerminateBeforeTimerFired: 'a timer that fires after it changes nothing',
      TerminateBeatsContinueAsNew: 'a termination before the end of a turn beats its next generation',
      CompletionBeforeTerminateWins: 'what has completed stays completed',
      TerminateWhileSuspended: 'a suspended instance ends',
      ActionsDeterministicOrder: 'commands come in the order of the calls',
    },
  },
  {
    source,
    group: 'StaleTimer',
    cases: {
      RaisedBeforeTimeout_SurvivesStaleTimerFired: 'a timer that fires late does not disturb',
      ReceiveLoop_SecondEventAfterStaleTimerFired: 'nor does it in a loop of waits',
    },
  },
  {
    source,
    group: 'computeNextDelay',
    cases: { all: 'waits grow by the coefficient, up to the cap, until the time is over' },
  },
  {
    source,
    group: 'runtimestate',
    cases: {
      DuplicateEvents: 'a second answer to one call is ignored',
      DuplicateCompletionSingleParentNotification: 'a parent hears of its child once',
      TerminatedThenContinueAsNew: 'the first end wins',
      ContinueAsNew_TraceParent: 'a new generation is not below the old one in its trace',
      GetStartedTime: 'created and updated are told',
    },
  },
  {
    source,
    group: 'panics',
    cases: {
      orchestration: 'workflow code that throws fails its instance',
      activity: 'an activity that throws fails its call',
      terminateIgnored: 'a termination ends it whatever its code does',
    },
  },
  {
    source,
    group: 'worker',
    cases: {
      idempotentTurn: 'a turn that is taken twice is committed once',
      semaphore: 'a host that fails does not hold others up',
      drain: 'a shutdown lets running work end, or leaves it to the next host',
      lock: 'a message that is in work is not handed out again',
    },
  },
  {
    source,
    group: 'buffered',
    reason:
      'not here: a result without its command cannot be committed, because the command is committed first',
    cases: names(
      'task/completed task/failed timer eventTimer child/completed child/failed orphan/complete orphan/blocked duplicate lateSchedule kindMismatch occupiedId suspensionFirst freshContext retryPolicy fanOutOfTwo terminated noCarryOver warning droppedShiftsIds preSyntheticTimer onCompletedAfterwards',
    ),
  },
  {
    source,
    group: '',
    reason: 'not yet: a workflow cannot start another without waiting for it, but by an activity',
    cases: names(
      'DetachedWorkflow_HappyPath DetachedWorkflow_DefaultInstanceID DetachedWorkflow_NoCompletionFlowsBack DetachedWorkflow_ReplayDeterminism detached/actionShape detached/rawInput detached/emptyIdError detached/defaultId detached/retirePending detached/mismatch',
    ),
  },
  {
    source,
    group: '',
    reason: 'not yet: the time of the first turn is not kept beside those of creation and change',
    cases: names(
      'StartedAt_AfterExecution StartedAt_WithScheduleTime StartedAt_NilBeforeExecution StartedAt_AfterContinueAsNew',
    ),
  },
  {
    source,
    group: 'Executor',
    reason: 'not here: a wait without an end makes no timer, in no version',
    cases: names(
      'WaitForEventWithoutTimeout_CreatesInfiniteTimer Replay_PrePatchIndefiniteWaitForEvent Replay_PostPatchIndefiniteWaitForEvent Replay_IndefiniteWaitChildWorkflow Replay_IndefiniteWaitRealTimer Replay_IndefiniteWaitMultiple',
    ),
  },
  {
    source,
    group: 'router',
    reason: 'not here: an app is one deployment',
    cases: names('activity child detached namespaceWithoutApp'),
  },
  {
    source,
    group: 'executor',
    reason: 'not here: there is no stream between an app and its runtime',
    cases: names(
      'stream/order stream/sendFailure stateful/delta stateful/cacheBounds stateful/ttl stateful/supersededTurn',
    ),
  },
]
