// The HTTP API of a stack on one machine: routes, payload format 2.0, limits, and answers of its own.

import { expect, test } from 'vitest'
import { createHttpApi } from '../../scripts/stack/http-api.ts'
import { Resources } from '../../scripts/stack/resources.ts'
import { matchRoute, readRoutes, type Route } from '../../scripts/stack/routes.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { type FakeHandler, fakeFunction } from './fake-function.ts'
import { packagedService } from './packaged.ts'

const mebibyte = 1024 * 1024

function open(handler: FakeHandler, key = '$default') {
  const clock = new VirtualClock(Date.UTC(2026, 10, 2, 3, 4, 5, 678))
  const { target } = fakeFunction(clock, handler)
  const logger = recordingLogger()
  const routes = [{ key, target, timeoutMs: 20_000, authorization: 'NONE' }]
  const api = createHttpApi({ routes, clock, logger })
  const ask = async (path: string, init?: RequestInit): Promise<Response> =>
    api(new Request(`http://localhost:3501${path}`, init))
  return { ask, clock, logger }
}

/** The event that a request becomes. */
async function eventOf(path: string, init?: RequestInit, key?: string): Promise<unknown> {
  const { ask } = open(async (event) => event, key)
  return (await ask(path, init)).json()
}

test('a request becomes an event of format 2.0', async () => {
  const headers = [
    ['Host', 'localhost:3501'],
    ['X-Many', 'a'],
    ['x-many', 'b'],
    ['Cookie', 'one=1; two=2'],
    ['User-Agent', 'curl/8'],
  ] as [string, string][]
  const event = await eventOf('/v1.0/M%C3%BCller/a%2Fb?wait=20&x=1&x=2%20', { headers })
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/v1.0/Müller/a/b',
    rawQueryString: 'wait=20&x=1&x=2%20',
    queryStringParameters: { wait: '20', x: '1,2 ' },
    cookies: ['one=1', 'two=2'],
    headers: { 'x-many': 'a, b', host: 'localhost:3501' },
    requestContext: {
      domainName: 'localhost:3501',
      http: { method: 'GET', path: '/v1.0/Müller/a/b', sourceIp: '127.0.0.1', userAgent: 'curl/8' },
      stage: '$default',
      time: '02/Nov/2026:03:04:05 +0000',
      timeEpoch: Date.UTC(2026, 10, 2, 3, 4, 5, 678),
    },
    isBase64Encoded: false,
  })
  expect(event).not.toHaveProperty('body')
  expect(event).not.toHaveProperty('headers.cookie')
})

test.each([
  ['application/json', '{"ü":1}', false],
  ['text/plain; charset=utf-8', 'ü', false],
  ['application/x-www-form-urlencoded', '{"Name":"Paperclips"}', true],
  ['application/octet-stream', 'x', true],
])('a body of %s comes as text, or in base64', async (contentType, body, isBase64Encoded) => {
  const event = await eventOf('/', { method: 'POST', headers: { 'content-type': contentType }, body })
  const encoded = isBase64Encoded ? Buffer.from(body).toString('base64') : body
  expect(event).toMatchObject({ body: encoded, isBase64Encoded })
})

test('bytes that are no text stay what they are, whatever their type says', async () => {
  const body = Uint8Array.from([0xff, 0xfe, 0x00])
  const event = await eventOf('/', { method: 'POST', headers: { 'content-type': 'text/plain' }, body })
  expect(event).toMatchObject({ body: '//4A', isBase64Encoded: true })
})

test('an answer keeps status, headers, cookies and bytes', async () => {
  const { ask } = open(async () => ({
    statusCode: 202,
    headers: { Location: '/here', 'Retry-After': 1 },
    cookies: ['a=1; Secure', 'b=2'],
    body: Buffer.from('bytes').toString('base64'),
    isBase64Encoded: true,
  }))
  const response = await ask('/')
  expect(response.status).toBe(202)
  expect(response.headers.get('location')).toBe('/here')
  expect(response.headers.get('retry-after')).toBe('1')
  expect(response.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2'])
  expect(await response.text()).toBe('bytes')
})

test('an answer without a status is a body of JSON', async () => {
  const { ask } = open(async () => ({ hello: 'world' }))
  const response = await ask('/')
  expect(response.headers.get('content-type')).toBe('application/json')
  expect([response.status, await response.json()]).toEqual([200, { hello: 'world' }])
})

test('only what the template routes is served', async () => {
  const { ask } = open(async (event) => event, 'GET /orders/{id}')
  const found = await ask('/orders/7')
  expect(await found.json()).toMatchObject({ routeKey: 'GET /orders/{id}', pathParameters: { id: '7' } })
  for (const [path, method] of [
    ['/orders/7', 'POST'],
    ['/orders', 'GET'],
    ['/orders/7/lines', 'GET'],
  ] as const) {
    const response = await ask(path, { method })
    expect([response.status, await response.text()]).toEqual([404, '{"message":"Not Found"}'])
  }
})

test('a path that escapes nothing readable is a bad request', async () => {
  const { ask } = open(async () => ({ statusCode: 200 }))
  expect((await ask('/%ff')).status).toBe(400)
})

test('a function that fails is answered for with 500, and its error goes to the log', async () => {
  const { ask, logger } = open(async () => {
    throw new Error('secret')
  })
  const response = await ask('/')
  expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}'])
  expect(logger.lines).toMatchObject([{ level: 'error', message: 'Fake: a call failed' }])
})

test('a function that takes too long is given up at the time-out of the integration', async () => {
  const { ask, clock } = open(async () => new Promise(() => {}))
  const asked = ask('/')
  let answered = false
  void asked.then(() => (answered = true))
  await clock.runUntil(() => answered, 19_999)
  expect(answered).toBe(false)
  await clock.runUntil(() => answered, 1)
  const response = await asked
  expect([response.status, await response.text()]).toEqual([503, '{"message":"Service Unavailable"}'])
})

test('a server that closes waits for no function', async () => {
  const closing = new AbortController()
  const { ask } = open(async () => new Promise(() => {}))
  const asked = ask('/', { signal: closing.signal })
  await settle()
  closing.abort()
  expect((await asked).status).toBe(503)
})

test.each([
  ['a request above 10 MB', 10 * mebibyte + 1, 413],
  ['an event above 6 MB', 4.6 * mebibyte, 413],
  ['the largest payload', 4 * mebibyte, 200],
])('%s', async (_, size, status) => {
  const { ask } = open(async () => ({ statusCode: 200 }))
  const response = await ask('/', { method: 'POST', body: new Uint8Array(size) })
  expect(response.status).toBe(status)
})

test('an answer above 6 MB is none', async () => {
  const { ask } = open(async () => ({ statusCode: 200, body: 'x'.repeat(6 * mebibyte) }))
  expect((await ask('/')).status).toBe(500)
})

test.each([
  ['GET', '/a/b', 'GET /a/b'],
  ['POST', '/a/b', 'ANY /a/b'],
  ['GET', '/a/c', 'GET /a/{x}'],
  ['GET', '/a/c/d', 'ANY /a/{rest+}'],
  ['GET', '/', '$default'],
])('%s %s goes to the most specific route', (method, path, key) => {
  const { target } = fakeFunction(new VirtualClock(), async () => undefined)
  const keys = ['$default', 'ANY /a/{rest+}', 'GET /a/{x}', 'ANY /a/b', 'GET /a/b']
  const routes = keys.map((each): Route => ({ key: each, target, timeoutMs: 1, authorization: 'NONE' }))
  expect(matchRoute(routes, method, path)?.route.key).toBe(key)
})

test('the routes of the packaged template', async () => {
  const { template } = await packagedService()
  const { target } = fakeFunction(new VirtualClock(), async () => undefined)
  const references: unknown[] = []
  const routes = readRoutes(new Resources(template), (reference) => {
    references.push(reference)
    return target
  })
  expect(routes).toEqual([{ key: '$default', target, timeoutMs: 30_000, authorization: 'AWS_IAM' }])
  expect(references).toEqual([{ 'Fn::GetAtt': ['ApiLambdaFunction', 'Arn'] }])
})
