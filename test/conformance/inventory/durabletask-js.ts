// durabletask-js, its end-to-end and unit suites: what a family of its tests asks for, in slugs of our own.

import { type CaseGroup, names } from './case-group.ts'

const source = 'MJ'

export const durabletaskJsCases: readonly CaseGroup[] = [
  {
    source,
    group: 'whenAll',
    cases: {
      empty: 'of nothing completes at once',
      order: 'results in the order of the tasks, whatever their speed',
      'pre-completed': 'of tasks that have completed before',
      'pre-failed': 'of a task that has failed before fails at once',
      'caught failure': 'a failure is caught, siblings complete later, and the workflow goes on',
      'original details': 'the failure is that of the task',
      nested: 'composites in composites',
      'aggregate of all failures': 'all outcomes can be had: Promise.allSettled',
    },
  },
  {
    source,
    group: 'whenAny',
    cases: {
      empty: 'of nothing is refused',
      'first wins': 'the first that completes, and not a later one',
      'failed counts': 'a failure wins too',
      'pre-completed': 'of tasks that have completed before, the first of the list',
      'timer against activity': 'the loser is cancelled and does not disturb',
    },
  },
  {
    source,
    group: 'yield',
    cases: {
      'first not a task': 'named at once, instead of waiting for ever',
      'later not a task': 'named as well',
      'after a caught failure': 'named as well',
      'async function': 'needs no yield',
      'no activity': 'a workflow may do without any',
    },
  },
  {
    source,
    group: 'timer',
    cases: {
      deterministic: 'its time is that of the turn, the same at every replay',
      'validation/refused': 'NaN, infinities, invalid dates and other things are refused',
      'validation/accepted': 'zero, the past and fractions are accepted',
      'cancel/idempotent': 'cancelled twice is cancelled once',
      'cancel/after fire': 'too late does nothing',
      'cancel/others': 'others are left alone',
    },
  },
  {
    source,
    group: 'events',
    cases: {
      many: 'many events, each taken once',
      late: 'an event after its waiter',
      early: 'an event before its waiter',
      'case of names': 'names compare without case, whatever the language of the host (Turkish i)',
      'empty name': 'refused',
      sendEvent: 'with and without data, to others and to oneself',
      'sendEvent before continue-as-new': 'survives the end of its generation',
    },
  },
  {
    source,
    group: 'children',
    cases: {
      'default id': 'of parent and number',
      'default ids across generations': 'no two generations share one',
      'bounded ids': 'however deep they nest, ids stay within their limit',
      'stale completion of a replaced run':
        'what the old life of an id left behind does not reach the new one',
      'parent hears once': 'the result of a child comes once',
    },
  },
  {
    source,
    group: 'payloads',
    cases: {
      'falsy round trips': '0, empty text, false and null come back as they went',
      'circular and BigInt': 'what JSON cannot carry fails cleanly',
    },
  },
  {
    source,
    group: 'custom status',
    cases: {
      text: 'kept as it is',
      object: 'as JSON',
      empty: 'an empty text is one',
      undefined: 'clears it',
      'circular and BigInt': 'fails cleanly',
      'continue-as-new': 'begins anew',
    },
  },
  {
    source,
    group: 'context',
    cases: {
      newGuid: 'stable at replay, different in every instance and call',
      'replay-safe logging': 'a line is written once',
      'parent info': 'a child has a parent in its history',
    },
  },
  {
    source,
    group: 'retry',
    cases: {
      transient: 'succeeds at a later attempt',
      exhausted: 'fails with the last failure',
      backoff: 'waits grow',
      cap: 'up to a bound',
      timeout: 'and end when the time is over',
      predicate: 'a handler decides by the failure',
      'predicate throws': 'what it throws is the failure of the call',
      child: 'children too',
      none: 'without a policy there is one attempt',
      'non-retriable': 'an error that says so is not tried again',
      validation: 'impossible policies are refused at the call',
    },
  },
  {
    source,
    group: 'determinism',
    cases: {
      'other kind': 'another kind of call than recorded',
      'other name': 'another name than recorded',
      'call more': 'a call that was not recorded',
      'call fewer': 'a recorded call that is not made',
    },
  },
  {
    source,
    group: 'control',
    cases: {
      'double suspend': 'is one suspension',
      'terminate recursive': 'children are terminated too',
      'terminate not recursive': 'unless they are not to be',
      'purge recursive': 'children are purged too',
      'purge not recursive': 'unless they are not to be',
      'terminate with output': 'the output is that of the instance',
      'no duplicate completion': 'an instance ends once',
      'purge by id': 'and a second purge finds nothing',
      'continue-as-new carry-over': 'events that came too early for a generation reach the next',
    },
  },
  {
    source,
    group: 'registry',
    cases: {
      unregistered: 'unknown activities and workflows fail with a code',
      anonymous: 'functions without a name are refused',
    },
  },
  {
    source,
    group: 'query',
    cases: {
      status: 'by status',
      'page size': 'page after page',
      prefix: 'by the beginning of the id',
      payloads: 'with and without',
      'created range': 'by the time of creation',
      'completed range': 'by the time of the end',
    },
  },
  {
    source,
    group: 'history',
    cases: { sequences: 'exact sequences of events', unknown: 'none for an unknown instance' },
  },
  {
    source,
    group: 'in-memory backend',
    cases: { purge: 'clears what waits', reset: 'a backend of its own for each test' },
  },
  {
    source,
    group: 'retry',
    reason: 'not here: a policy decides whether, not how long; a loop of one’s own with timers does',
    cases: ['asynchronous handler', 'handler gives a delay', 'NaN and Infinity of a handler'],
  },
  {
    source,
    group: 'rewind',
    cases: {
      failedOnly: 'what failed runs again',
      keepsResults: 'and nothing else',
      again: 'as often as it fails',
      children: 'failed children are rewound too',
      othersError: 'what has not failed is refused',
      terminatedError: 'what was terminated is refused',
      unknownError: 'an unknown instance is not found',
    },
  },
  {
    source,
    group: 'restart',
    cases: {
      completed: 'a completed instance is restarted',
      failed: 'a failed one',
      terminated: 'a terminated one',
      newId: 'as another instance',
      sameId: 'under its own id',
      inputPreserved: 'with its input',
      runningRefused: 'not under its own id while it runs',
      unknown: 'an unknown one is not found',
    },
  },
  { source, group: 'tags', cases: { query: 'instances are found by their tags' } },
  {
    source,
    group: 'versioning',
    cases: { 'ctx.version': 'a workflow is told its version' },
  },
  {
    source,
    group: 'versioning',
    reason: 'not here: versions have names and no order, and hosts are not matched with them',
    cases: names('compare match/none match/strict match/currentOrOlder reject fail'),
  },
  {
    source,
    group: 'id reuse',
    cases: {
      refused: 'an id that is taken may be refused, live or ended',
      'left alone': 'or left as it is',
      'stale completion': 'what a child of an older life brings is nobody’s',
      'replaced child': 'a parent whose child makes way for another run of its id hears of a failure',
    },
  },
  {
    source,
    group: 'tracing',
    cases: {
      client: 'a start has a span',
      orchestration: 'below it a workflow, from its first turn to its end',
      activity: 'below that an activity',
      timer: 'and a timer, from its making to its firing',
      child: 'and a child',
      event: 'an event that is raised or sent has one too',
    },
  },
  {
    source,
    group: 'beyond',
    reason: 'not here: beyond Dapr as well',
    cases: ['entities', 'entity locking', 'history export', 'durable HTTP', 'work item filters'],
  },
]
