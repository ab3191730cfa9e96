// What Lambda makes of the answer of a handler: the rules of its developer guide, case by case.

import { expect, test } from 'vitest'
import { failedIds } from '../../src/stand-ins/event-source/batch-response.ts'

const ids = ['a', 'b', 'c']
const failures = (...identifiers: readonly unknown[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
})

test.each([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['an empty list', { batchItemFailures: [] }],
  ['a list that is null', { batchItemFailures: null }],
  ['a list that is undefined', { batchItemFailures: undefined }],
  ['something else', { statusCode: 200 }],
])('%s means that all is done', (_, response) => {
  expect([...failedIds(response, ids)]).toEqual([])
})

test.each([
  ['one', failures('b'), ['b']],
  ['several', failures('c', 'a'), ['c', 'a']],
  ['one twice', failures('b', 'b'), ['b']],
])('%s of the batch failed', (_, response, failed) => {
  expect([...failedIds(response, ids)]).toEqual(failed)
})

const cycle: { self?: unknown } = {}
cycle.self = cycle

test.each([
  ['an id that is not of the batch', failures('a', 'x')],
  ['an empty id', failures('')],
  ['an id that is null', failures(null)],
  ['an id that is a number', failures(1)],
  ['an id under another key', { batchItemFailures: [{ id: 'a' }] }],
  ['a bare id', { batchItemFailures: ['a'] }],
  ['a null for a failure', { batchItemFailures: [null] }],
  ['a list that is none', { batchItemFailures: 'a' }],
  ['a text', 'done'],
  ['a list', []],
  ['true', true],
  ['what cannot be written as JSON', 1n],
  ['a cycle', cycle],
])('%s fails the whole batch', (_, response) => {
  expect([...failedIds(response, ids)]).toEqual(ids)
})
