// What @dapr/dapr exports, name by name, against what Tenuto does. That the types fit too: test/dapr/programs/surface.ts.

import * as dapr from '@dapr/dapr'
import { expect, test } from 'vitest'
import * as tenuto from '../../src/dapr/index.ts'

/** Have nothing to do with workflows: for these `@dapr/dapr` stays. */
const others = [
  'AbstractActor',
  'ActorId',
  'ActorProxyBuilder',
  'CommunicationProtocolEnum',
  'DaprClient',
  'DaprPubSubStatusEnum',
  'DaprServer',
  'GRPCClient',
  'HTTPClient',
  'HttpMethod',
  'StateConcurrencyEnum',
  'StateConsistencyEnum',
  'Temporal',
]

type Exports = Readonly<Record<string, unknown>>
const theirs = dapr as unknown as Exports
const ours = tenuto as unknown as Exports

const names = Object.keys(theirs).filter((name) => !others.includes(name))

test('every export of @dapr/dapr is here, but for what has nothing to do with workflows', () => {
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((name) => !Object.hasOwn(ours, name))).toEqual([])
  expect(others.filter((name) => !Object.hasOwn(theirs, name))).toEqual([])
})

/** Methods and accessors that a program may use; what begins with `_`, and what builds the gRPC client, is theirs. */
function membersOf(value: unknown): readonly string[] {
  if (typeof value !== 'function') return []
  const { prototype } = value as { readonly prototype?: object }
  const inner = new Set(['constructor', 'buildInnerClient', 'buildInnerWorker', 'getTime'])
  return Object.getOwnPropertyNames(prototype ?? {}).filter(
    (name) => !name.startsWith('_') && !inner.has(name),
  )
}

test.each([
  'DaprWorkflowClient',
  'WorkflowRuntime',
  'WorkflowContext',
  'WorkflowActivityContext',
  'WorkflowFailureDetails',
  'ConsoleLoggerService',
])('%s has every method that it has there', (name) => {
  expect(membersOf(theirs[name]).length).toBeGreaterThan(1)
  expect(membersOf(ours[name])).toEqual(expect.arrayContaining([...membersOf(theirs[name])]))
})

test.each(['WorkflowRuntimeStatus', 'LogLevel'])('%s is the same, from names to numbers and back', (name) => {
  expect(ours[name]).toEqual(theirs[name])
})

test('a number that is no status is refused by the conversions, and not handed on', () => {
  const statuses = Object.values(tenuto.WorkflowRuntimeStatus).filter((each) => typeof each === 'number')
  for (const convert of [tenuto.fromOrchestrationStatus, tenuto.toOrchestrationStatus]) {
    expect(statuses.map(convert)).toEqual(statuses)
    expect(() => convert(4)).toThrow('4 is no status')
  }
})
