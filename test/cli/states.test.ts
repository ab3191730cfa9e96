// An instance as the CLI shows it.

import { expect, test } from 'vitest'
import { describeState } from '../../src/cli/states.ts'
import type { WorkflowState } from '../../src/client/workflow-client.ts'

const state: WorkflowState = {
  instanceId: 'order:0003',
  workflowName: 'ship',
  runtimeStatus: 'RUNNING',
  createdAt: new Date(0),
  lastUpdatedAt: new Date(1),
}

test('a child that was tried again is shown with its parent and its first attempt', () => {
  const shown = describeState({
    ...state,
    parentInstanceId: 'order',
    retryOf: { instanceId: 'order:0001', attempt: 2 },
  })
  expect(shown).toMatch(/parent +order$/m)
  expect(shown).toMatch(/retry of +order:0001, attempt 2$/m)
})

test('a rerun is shown with what it was begun from; others show neither', () => {
  expect(describeState({ ...state, rerunOf: { instanceId: 'source', eventId: 3 } })).toMatch(
    /rerun of +source, from #3$/m,
  )
  expect(describeState(state)).not.toMatch(/retry of|rerun of|parent/)
})
