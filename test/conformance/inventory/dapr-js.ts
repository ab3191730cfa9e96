// dapr/js-sdk: its end-to-end suite; as `fix` what its replay engine of 3.18 does wrong and ours must not; as `keep` what programs rely on.

import type { CaseGroup } from './case-group.ts'

const source = 'JS'

export const daprJsCases: readonly CaseGroup[] = [
  {
    source,
    group: '',
    cases: {
      empty: 'a workflow without steps completes',
      'activity sequence': 'activities in a row, and a custom status',
      'fan-out': 'activities at once, one result',
      'sub-orchestration': 'a child',
      'several external events': 'events of several names',
      'single timer': 'a timer',
      'event in time': 'an event against a timer, and the event wins',
      'event too late': 'and the timer wins',
      'suspend and resume': 'suspended and resumed',
      'terminate with output': 'terminated, with an output',
      'continue as new': 'counts to ten',
      'no activity': 'a workflow without any',
      'purge by id': 'purged',
    },
  },
  {
    source,
    group: 'fix',
    cases: {
      'whenAll of nothing': 'never resumes',
      'whenAny of nothing': 'never resumes',
      'whenAll of a completed task': 'never resumes',
      'whenAll caught and then a sibling': 'fails with "already completed"',
      'nested composites': 'never resume',
      'falsy inputs': 'are dropped on the way to activities, children and the next generation',
      'falsy carry-over': 'data of kept events is lost, and their names become lower case',
      'sync generator': 'completes with an empty object',
      'never yielded': 'activities of the last turn are dropped in silence',
      'first yield of no task': 'waits for ever',
      'thrown text': 'is lost',
      'raw input': 'text that is no JSON fails the workflow',
      'abandoned waiter': 'swallows the next event of its name, and cannot be given up',
      'history mismatch': 'fails the instance for good',
    },
  },
  {
    source,
    group: 'keep',
    cases: {
      'async function': 'a plain async function with await is a workflow',
      'words of a failed activity': 'TaskFailedError, <id>: Activity task #<n> failed: <message>',
      'words of a failed child': 'TaskFailedError, <id>: Sub-orchestration task #<n> failed: <message>',
      'not registered': 'OrchestratorNotRegisteredError',
      'output of a termination': 'is the output of the instance, as it is encoded',
      'suspension buffers': 'all but resume and terminate',
      'loop guard': 'a turn that asks and asks is stopped',
    },
  },
]
