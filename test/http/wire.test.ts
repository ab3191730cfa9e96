// The status object: Dapr's shape, and nothing lost between our own ends.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromWireError, fromWireStatus, toWireStatus } from '../../src/http/wire.ts'
import type { InstanceView } from '../../src/runtime/management.ts'
import { decodePayload } from '../../src/workflow/payload.ts'
import { isTerminal } from '../../src/workflow/status.ts'

const view: InstanceView = {
  instanceId: '12345678',
  workflowName: 'OrderProcessingWorkflow',
  status: 'COMPLETED',
  createdAt: new Date('2026-01-31T09:30:00.120Z'),
  lastUpdatedAt: new Date('2026-01-31T09:30:01.000Z'),
  input: '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}',
  output: '{"Processed":true}',
}

test('the status object is the one of the specification', () => {
  expect(toWireStatus(view)).toEqual({
    instanceID: '12345678',
    workflowName: 'OrderProcessingWorkflow',
    createdAt: '2026-01-31T09:30:00.120Z',
    lastUpdatedAt: '2026-01-31T09:30:01.000Z',
    runtimeStatus: 'COMPLETED',
    properties: {
      'dapr.workflow.custom_status': '',
      'dapr.workflow.input': '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}',
      'dapr.workflow.output': '{"Processed":true}',
    },
  })
})

test('an instance that has ended tells when: it has not changed since', () => {
  expect(fromWireStatus(toWireStatus(view)).endedAt).toEqual(view.lastUpdatedAt)
  expect(fromWireStatus(toWireStatus({ ...view, status: 'RUNNING' })).endedAt).toBeUndefined()
})

test('a failure shows type, message and stack, and no output', () => {
  const failure = {
    errorType: 'CardError',
    message: 'declined',
    stackTrace: 'CardError: declined\n  at charge',
  }
  const { properties } = toWireStatus({ ...view, status: 'FAILED', failure })
  expect(properties).toEqual({
    'dapr.workflow.custom_status': '',
    'dapr.workflow.input': view.input,
    'dapr.workflow.failure.error_type': 'CardError',
    'dapr.workflow.failure.error_message': 'declined',
    'dapr.workflow.failure.stack_trace': 'CardError: declined\n  at charge',
  })
})

test('a stalled instance reads RUNNING and not failed to a Dapr client, and tells ours the reason', () => {
  const failure = { errorType: 'TenutoError', message: 'Expected charge, got ship.', code: 'NON_DETERMINISM' }
  const { output: _, ...running } = view
  const wire = toWireStatus({ ...running, status: 'STALLED', failure })
  expect(wire.runtimeStatus).toBe('RUNNING')
  expect(Object.keys(wire.properties).filter((name) => name.startsWith('dapr.workflow.failure'))).toEqual([])
  expect(wire.properties['tenuto.workflow.status']).toBe('STALLED')
  expect(fromWireStatus(wire)).toEqual({ ...running, status: 'STALLED', failure })
})

test.each([
  ['"half way"', 'half way'],
  ['{"percent":50}', '{"percent":50}'],
  ['50', '50'],
  ['"50"', '50'],
  ['""', ''],
  ['"null"', 'null'],
  ['plain', 'plain'],
])('a custom status %s is shown as %j', (customStatus, shown) => {
  const wire = toWireStatus({ ...view, customStatus })
  expect(wire.properties['dapr.workflow.custom_status']).toBe(shown)
  expect(decodePayload(fromWireStatus(wire).customStatus)).toEqual(decodePayload(customStatus))
})

test('every view comes back as it was, through JSON and all', () => {
  const payload = fc.oneof(
    fc.json(),
    fc.string({ minLength: 1 }),
    fc.json().map((text) => JSON.stringify(text)),
  )
  const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
  const details = fc.record(
    {
      errorType: fc.string(),
      message: fc.string(),
      stackTrace: fc.string(),
      code: fc.string(),
      nonRetriable: fc.boolean(),
      cause: fc.record({ errorType: fc.string(), message: fc.string() }),
    },
    { requiredKeys: ['errorType', 'message'] },
  )
  const common = {
    instanceId: fc.string(),
    workflowName: fc.string(),
    createdAt: time,
    lastUpdatedAt: time,
    input: payload,
    customStatus: payload,
  }
  const requiredKeys = ['instanceId', 'workflowName', 'status', 'createdAt', 'lastUpdatedAt'] as const
  const well = fc.record(
    {
      ...common,
      status: fc.constantFrom(
        'PENDING',
        'RUNNING',
        'SUSPENDED',
        'COMPLETED',
        'TERMINATED',
        'CONTINUED_AS_NEW',
      ),
      output: payload,
    },
    { requiredKeys: [...requiredKeys] },
  )
  const ill = fc.record(
    { ...common, status: fc.constantFrom('FAILED', 'STALLED'), failure: details },
    { requiredKeys: [...requiredKeys, 'failure'] },
  )
  fc.assert(
    fc.property(fc.oneof(well, ill), (any) => {
      const before = any as InstanceView
      const { customStatus, ...after } = fromWireStatus(JSON.parse(JSON.stringify(toWireStatus(before))))
      const { customStatus: custom, ...same } = before
      expect(after).toEqual({ ...same, ...(isTerminal(before.status) && { endedAt: before.lastUpdatedAt }) })
      expect(decodePayload(customStatus)).toEqual(decodePayload(custom))
    }),
    { numRuns: 500 },
  )
})

test.each([
  null,
  1,
  'text',
  [],
  {},
  { instanceID: 'i' },
  { ...toWireStatus(view), runtimeStatus: 'DREAMING' },
  { ...toWireStatus(view), properties: null, workflowName: 1 },
])('what is no status object is refused: %j', (json) => {
  expect(() => fromWireStatus(json)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_RESPONSE' }))
})

test('an error body is told from anything else', () => {
  expect(fromWireError({ errorCode: 'A', message: 'b' })).toEqual({ errorCode: 'A', message: 'b' })
  for (const json of [undefined, null, 'x', [], { errorCode: 1, message: '' }, { message: 'x' }]) {
    expect(fromWireError(json)).toBeUndefined()
  }
})
