import type { MiddlewareObj } from '@middy/core'
import { expect, test } from 'vitest'
import type { Metrics } from '../../../src/aws/index.ts'
import { lambdaHandler, type Middleware } from '../../../src/aws/lambda/compose.ts'
import { context, createWorld } from './support.ts'

/** A middleware that says when it is called. */
function named(name: string, calls: string[]): Middleware {
  return {
    before: () => void calls.push(`before ${name}`),
    after: () => void calls.push(`after ${name}`),
    onError: () => void calls.push(`error ${name}`),
  }
}

test('middlewares of the user are outside, the first one outermost', async () => {
  const { backend } = createWorld()
  const calls: string[] = []
  const handler = lambdaHandler({ backend, use: [named('a', calls), named('b', calls)] }, () => async () => {
    calls.push(`work with ${backend.invocation.fields['requestId'] as string}`)
    return 'answer'
  })
  expect(await handler({}, context)).toBe('answer')
  expect(calls).toEqual(['before a', 'before b', 'work with request-1', 'after b', 'after a'])
})

test('what is thrown is logged once and thrown on', async () => {
  const { backend, logger } = createWorld()
  const calls: string[] = []
  const error = new Error('broken')
  const handler = lambdaHandler({ backend, use: [named('a', calls)] }, () => async () => {
    throw error
  })
  await expect(handler({}, context)).rejects.toBe(error)
  expect(calls).toEqual(['before a', 'error a'])
  expect(logger.lines).toEqual([{ level: 'error', message: 'The invocation failed.', fields: { error } }])
  expect(backend.invocation.fields).toEqual({})
})

test('the work is prepared once, while the container starts', async () => {
  const { backend } = createWorld()
  let prepared = 0
  const handler = lambdaHandler({ backend }, () => {
    prepared++
    return async () => prepared
  })
  expect(prepared).toBe(1)
  expect([await handler({}, context), await handler({}, context)]).toEqual([1, 1])
})

test('no answer is given early: a handler whose time is over still ends its work', async () => {
  const { backend } = createWorld()
  const begun = performance.now()
  const handler = lambdaHandler({ backend }, () => async () => {
    while (performance.now() < begun + 10) await new Promise((resolve) => setImmediate(resolve))
    return 'answer'
  })
  expect(await handler({}, { ...context, getRemainingTimeInMillis: () => 0 })).toBe('answer')
})

test('a middleware of middy is one of ours, and the metrics of Powertools are ones of ours', () => {
  const ofMiddy: MiddlewareObj = { before: () => {}, after: async () => {}, onError: () => {} }
  const ours: Middleware = ofMiddy
  const ofPowertools = {
    addMetric: (_name: string, _unit: 'Count' | 'Seconds', _value: number, _resolution?: 1 | 60) => {},
  }
  const metrics: Metrics = ofPowertools
  expect([ours, metrics]).toEqual([ofMiddy, ofPowertools])
})

test('a middleware may change the answer', async () => {
  const { backend } = createWorld()
  const use: Middleware[] = [
    {
      after: (request) => {
        request.response = `${String(request.response)}!`
      },
    },
  ]
  expect(await lambdaHandler({ backend, use }, () => async () => 'answer')({}, context)).toBe('answer!')
})
