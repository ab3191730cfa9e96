// Every error code of Tenuto: what happened, what to do, and the HTTP status it has at the edge. docs/errors.md has a heading for each.

interface CatalogueEntry {
  readonly summary: string
  readonly remedy: string
  /** HTTP status where the code can reach an HTTP client. */
  readonly http?: number
}

const entries = {
  // Written wrongly: found while a workflow runs, named with the call site.
  CALL_AFTER_END: {
    summary: 'A durable call was made after the workflow had ended or continued as new.',
    remedy:
      'Await every helper that uses the workflow context before returning, and return right after continueAsNew.',
  },
  CALL_OUTSIDE_TURN: {
    summary:
      'A durable call was made outside a turn: the workflow went on after something that is not durable.',
    remedy:
      'Await only tasks of the workflow context; move I/O, timers and other asynchronous work into an activity.',
  },
  FOREIGN_AWAIT: {
    summary:
      'The workflow waits for something that is not durable, and nothing durable is pending: it could never go on.',
    remedy:
      'Await only tasks of the workflow context; move I/O, timers and other asynchronous work into an activity.',
  },
  NOT_A_TASK: {
    summary: 'A generator workflow yielded something that is not a task.',
    remedy:
      'Yield what callActivity, createTimer, waitForExternalEvent, whenAll … return; for plain values leave the yield out.',
  },
  TASK_NOT_AWAITED: {
    summary: 'A timer, whenAll or whenAny was created, never awaited, and the workflow continued as new.',
    remedy: 'Put await (or yield) before the call that is named, or cancel the task.',
  },
  ROLLBACK_PENDING: {
    summary:
      'The workflow continued as new although there was something to undo still, which would be forgotten.',
    remedy:
      'Before continueAsNew, undo it by await ctx.rollback(), or let it stay done by ctx.discardRollbacks().',
  },
  TASK_NOT_COMPLETE: {
    summary: 'The result of a task was read before the task had completed.',
    remedy: 'Await (or yield) the task first, or look at isComplete.',
  },
  EMPTY_WHEN_ANY: {
    summary: 'whenAny was called with no tasks: none can ever win.',
    remedy: 'Check that the list is not empty before whenAny.',
  },
  NOT_DETERMINISTIC_HERE: {
    summary: 'Something non-deterministic (network, timer, file …) was used inside a workflow.',
    remedy: 'Do it in an activity; wait with ctx.createTimer.',
  },
  INVALID_ARGUMENT: {
    summary: 'An argument has the wrong type or an impossible value.',
    remedy: 'Pass what the message asks for.',
    http: 400,
  },
  INVALID_DURATION: {
    summary: 'A duration or date is not a point in time.',
    remedy: "Pass seconds as a finite number, a string such as '30s', or a valid Date.",
  },
  INVALID_RETRY_POLICY: {
    summary: 'A retry policy has an impossible value.',
    remedy:
      'firstRetryInterval > 0, maxNumberOfAttempts ≥ 1, backoffCoefficient ≥ 1; handle answers at once.',
  },
  PAYLOAD_NOT_SERIALIZABLE: {
    summary: 'A payload cannot be written as JSON (a BigInt, a cycle, a function …).',
    remedy: 'Pass plain data; convert before the call.',
  },
  PAYLOAD_TOO_LARGE: {
    summary: 'A payload is larger than the limit.',
    remedy: 'Store the data elsewhere and pass a reference.',
    http: 413,
  },
  PAYLOAD_TOO_DEEP: {
    summary: 'A JSON payload is nested deeper than the limit.',
    remedy: 'Flatten the payload.',
    http: 400,
  },
  TOO_MANY_COMMANDS: {
    summary: 'One turn of the workflow asked for more durable calls than the limit.',
    remedy: 'Work in batches, or continue as new.',
  },
  HISTORY_TOO_LONG: {
    summary: 'One generation of the workflow took more facts (outcomes, timers, events) than the limit.',
    remedy: 'Continue as new from time to time, or split the work into children.',
  },
  WORKFLOW_NOT_REGISTERED: {
    summary: 'No workflow of this name is part of the app.',
    remedy: 'Register it with defineApp, or correct the name.',
  },
  ACTIVITY_NOT_REGISTERED: {
    summary: 'No activity of this name is part of the app.',
    remedy: 'Register it with defineApp, or correct the name.',
  },
  // What a running instance meets.
  ACTIVITY_TIMEOUT: {
    summary: 'An attempt of an activity took longer than its timeout.',
    remedy: 'Raise the timeout, or let the activity watch its AbortSignal and do less.',
  },
  ACTIVITY_HEARTBEAT_TIMEOUT: {
    summary: 'An attempt of an activity did not call heartbeat within its heartbeatTimeout.',
    remedy: 'Call ctx.heartbeat more often, or raise heartbeatTimeout.',
  },
  ACTIVITY_INTERRUPTED: {
    summary:
      'An activity that runs at most once had begun when its host was lost; nobody knows how far it came.',
    remedy: 'Catch it, find out what was done, and call again if nothing was.',
  },
  ACTIVITY_CANCELLED: {
    summary:
      'Nobody waits for the attempt of an activity any more: its workflow was terminated, or has cancelled the task. The reason of its AbortSignal.',
    remedy: 'Stop, clean up, and throw; what the activity returns or throws is not heard of.',
  },
  ACTIVITY_INLINE: {
    summary:
      'An inline activity asked for what only one on the queue can have: completion later, heartbeats.',
    remedy: 'Call it without { inline: true }.',
  },
  EVENT_TIMEOUT: {
    summary: 'An external event did not come in time.',
    remedy: 'Catch it and take the other branch.',
  },
  ROLLBACK_FAILED: {
    summary: 'Some of what the workflow had done could not be undone; the rest was.',
    remedy: 'Undo by hand what the message names, and give the activities that undo things a retry policy.',
  },
  CHILD_NOT_STARTED: {
    summary: 'A child workflow could not be created: its id is taken, or it is nested too deep.',
    remedy: 'Give the child another id (or none), or end the recursion.',
  },
  TASK_CANCELLED: {
    summary: 'The task was cancelled by the workflow.',
    remedy: 'Do not await a task after cancelling it, or catch this error.',
  },
  VERSION_NOT_AVAILABLE: {
    summary:
      'The app does not have the version of the workflow that an instance runs on; the instance is STALLED.',
    remedy:
      'Keep old versions in versions({ … }) until no instance runs on them; deployed again, the instance goes on.',
  },
  PATCH_MISMATCH: {
    summary:
      'The code does not ask any more for a patch that the instance has applied; the instance is STALLED.',
    remedy: 'Deploy code that asks isPatched for it; nothing is lost meanwhile.',
  },
  NON_DETERMINISM: {
    summary: 'The workflow code asks for something else than its history records: the instance is STALLED.',
    remedy:
      'Deploy code that fits the history (the message shows both sides); the instance then goes on by itself.',
  },
  TURN_CRASHED: {
    summary: 'Turns of this instance kill their host or fail again and again: the instance is STALLED.',
    remedy:
      'Look for an endless loop or exhausted memory in the workflow, deploy a correction; the instance then goes on.',
  },
  ACTIVITY_CRASHED: {
    summary: 'The activity was started several times and killed or lost its host each time.',
    remedy: 'Look for exhausted memory or process exits in the activity.',
  },
  ACTIVITY_INPUT_LOST: {
    summary:
      'An activity that nobody waited for was not run: its input was too large for a queue and has been trimmed.',
    remedy:
      'Await activities with large inputs before continuing as new, or store the data elsewhere and pass a reference.',
  },
  // The management API.
  ERR_INSTANCE_ID_INVALID: {
    summary: 'The instance id has characters that are not allowed.',
    remedy: 'Use letters, digits, _ and -.',
    http: 400,
  },
  ERR_INSTANCE_ID_TOO_LONG: {
    summary: 'The instance id is too long.',
    remedy: 'Use at most 64 characters.',
    http: 400,
  },
  ERR_INSTANCE_ID_PROVIDED_MISSING: {
    summary: 'No instance id was given.',
    remedy: 'Name the instance in the path.',
    http: 400,
  },
  ERR_WORKFLOW_NAME_MISSING: {
    summary: 'No workflow name was given.',
    remedy: 'Name the workflow.',
    http: 400,
  },
  ERR_WORKFLOW_EVENT_NAME_MISSING: {
    summary: 'No event name was given.',
    remedy: 'Name the event.',
    http: 400,
  },
  ERR_INSTANCE_ID_NOT_FOUND: {
    summary: 'No workflow instance has this id.',
    remedy: 'Start it first, or correct the id; a purged instance is gone for good.',
    http: 404,
  },
  ERR_START_WORKFLOW: {
    summary:
      'The instance id is taken: by an instance that is live, has live descendants, was started with something else, or must not be replaced.',
    remedy:
      'Use another id, wait for the instance and its children to end, or repeat the same start to get the same answer.',
    http: 409,
  },
  ERR_RAISE_EVENT_WORKFLOW: {
    summary: 'The event cannot be raised: the instance has ended.',
    remedy: 'Start a new instance.',
    http: 410,
  },
  ERR_EVENT_ID_CONFLICT: {
    summary: 'This event id was used before, with another name or other data.',
    remedy: 'Use a new event id for a new event; repeat the same event for a retry.',
    http: 409,
  },
  ERR_ACTIVITY_TOKEN_INVALID: {
    summary: 'The token of an activity is none, or not genuine.',
    remedy: 'Pass the token as ctx.completeLater() gave it.',
    http: 400,
  },
  ERR_COMPLETE_ACTIVITY: {
    summary: 'The activity cannot be completed: its instance or its generation is over, and nobody waits.',
    remedy: 'Drop the result, or start a new instance.',
    http: 410,
  },
  ERR_ACTIVITY_OUTCOME_CONFLICT: {
    summary: 'The activity has another outcome already: another completion, a failure, or its timeout.',
    remedy: 'Drop the result; a repetition of the same completion is answered as the first.',
    http: 409,
  },
  ERR_PAUSE_WORKFLOW: {
    summary: 'The instance cannot be suspended: it has ended.',
    remedy: 'Start a new instance.',
    http: 410,
  },
  ERR_RESUME_WORKFLOW: {
    summary: 'The instance cannot be resumed: it has ended.',
    remedy: 'Start a new instance.',
    http: 410,
  },
  ERR_EVENT_BUFFER_FULL: {
    summary: 'Too many events wait for this instance.',
    remedy: 'Slow down; raise again later with the same event id.',
    http: 429,
  },
  ERR_PURGE_WORKFLOW: {
    summary: 'Only an instance that has ended can be purged.',
    remedy: 'Terminate it first, or purge it by force.',
    http: 409,
  },
  ERR_RESTART_WORKFLOW: {
    summary: 'Only an instance that has ended, with all its descendants, can be restarted under its own id.',
    remedy: 'Wait for its end, terminate it first, or give the new run an id of its own.',
    http: 409,
  },
  ERR_RERUN_WORKFLOW: {
    summary: 'Only an instance that has ended, and is no child, can be rerun from one of its events.',
    remedy: 'Wait for its end, or terminate it first; rerun the parent of a child.',
    http: 409,
  },
  ERR_RERUN_EVENT_NOT_FOUND: {
    summary: 'The instance has no activity, timer or child of this number in its last generation.',
    remedy: 'Look the number up in the history: it is the `seq` of a command.',
    http: 404,
  },
  ERR_REWIND_WORKFLOW: {
    summary:
      'Only an instance that has failed, whose descendants have ended, and that is no child can be rewound.',
    remedy: 'Restart or rerun one that has ended otherwise; rewind the parent of a child.',
    http: 409,
  },
  ERR_MALFORMED_REQUEST: {
    summary: 'The request is not well formed.',
    remedy: 'See the message.',
    http: 400,
  },
  ERR_WORKFLOW_APP_ID_INVALID: {
    summary: 'The app id has characters that are not allowed.',
    remedy: 'Use letters, digits, _ and -, or leave appID out.',
    http: 400,
  },
  ERR_BODY_READ: {
    summary: 'The body of the request ended before it was complete.',
    remedy: 'Send the request again.',
    http: 400,
  },
  ERR_FORBIDDEN_ORIGIN: {
    summary: 'A web page of another origin sent the request, or it names a host that this server is not.',
    remedy: 'Call from the same origin or from a program; name further hosts in allowedHosts.',
    http: 403,
  },
  ERR_NOT_FOUND: { summary: 'No such route.', remedy: 'See docs/dapr.md for the routes.', http: 404 },
  ERR_METHOD_NOT_ALLOWED: {
    summary: 'The route exists, but not with this method.',
    remedy: 'Use a method that the Allow header names.',
    http: 405,
  },
  ERR_REQUEST_TIMEOUT: {
    summary: 'The request did not arrive in time.',
    remedy: 'Send it again, faster.',
    http: 408,
  },
  ERR_URI_TOO_LONG: {
    summary: 'The URL is longer than the limit.',
    remedy: 'Use shorter ids and names.',
    http: 414,
  },
  ERR_HEADERS_TOO_LARGE: {
    summary: 'The headers of the request are larger than the limit.',
    remedy: 'Send fewer or shorter headers.',
    http: 431,
  },
  UNEXPECTED_RESPONSE: {
    summary: 'The server at this address does not answer as this API does.',
    remedy: 'Check the base URL, the credentials in the headers, and what stands between.',
  },
  // The platform below.
  NODE_TOO_OLD: {
    summary: 'This version of Node has no SQLite that the embedded backend could use.',
    remedy: 'Run the program with Node 24 or newer, or pass a backend that does without SQLite.',
  },
  STORAGE_FULL: {
    summary: 'The disk is full: nothing new is accepted, nothing accepted is lost.',
    remedy: 'Free space on the disk of the data folder; work goes on by itself.',
    http: 503,
  },
  STORAGE_READ_ONLY: {
    summary: 'The data folder cannot be written.',
    remedy: 'Correct its permissions, or name another folder.',
    http: 503,
  },
  STORAGE_CORRUPT: {
    summary: 'The database did not pass its integrity check.',
    remedy: 'Restore the data folder from a backup; keep the damaged one.',
    http: 503,
  },
  STORAGE_LOCKED: {
    summary: 'Another process uses the data folder.',
    remedy: 'Stop the other process, or name another folder.',
    http: 503,
  },
  STORAGE_FAILED: {
    summary: 'The store did not do what it was asked.',
    remedy: 'See the message and the log.',
    http: 503,
  },
  SEND_FAILED: {
    summary: 'A queue or the timer service did not accept what it was sent; what is in the store is safe.',
    remedy: 'Try again; if it stays so, look at quotas, permissions and the health of the service.',
    http: 503,
  },
  UNAVAILABLE: { summary: 'The runtime is starting or stopping.', remedy: 'Try again.', http: 503 },
  WAIT_TIMEOUT: {
    summary: 'The workflow did not reach the state in time.',
    remedy: 'Wait longer, or ask again.',
  },
  TEST_STUCK: {
    summary: 'A test waits for something that cannot come.',
    remedy:
      'Raise the event that the message names, let time pass with advance, or let an activity come back; see docs/testing.md.',
  },
  INTERNAL: { summary: 'A defect of Tenuto.', remedy: 'Please report it with the message.', http: 500 },
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof entries

export const errorCatalogue: Readonly<Record<ErrorCode, CatalogueEntry>> = entries
