import type { APIGatewayProxyHandlerV2 } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { apiHandler, type HttpEvent } from '../../../src/http/lambda.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import { context, contextWith, createWorld, fails, type WorldOptions } from './support.ts'

function setUp(options: WorldOptions = {}) {
  const world = createWorld(options)
  const handler = apiHandler({ backend: world.backend })
  const call = async (line: string, more: Partial<HttpEvent> = {}) => {
    const { statusCode, body, headers } = await handler(httpEvent(line, more), context)
    return { statusCode, headers, body: body === '' ? undefined : (JSON.parse(body) as unknown) }
  }
  return { world, handler, call }
}

/** @param line `GET /path?query`, the path as the event has it */
function httpEvent(line: string, more: Partial<HttpEvent> = {}): HttpEvent {
  const [method = '', target = ''] = line.split(' ', 2)
  const at = target.indexOf('?')
  return {
    rawPath: at === -1 ? target : target.slice(0, at),
    rawQueryString: at === -1 ? '' : target.slice(at + 1),
    headers: { host: 'abc.execute-api.us-east-1.amazonaws.com', 'x-forwarded-proto': 'https' },
    requestContext: { http: { method } },
    isBase64Encoded: false,
    ...more,
  }
}

const workflows = '/v1.0/workflows/dapr'

test('an instance is started, seen and ended', async () => {
  const { call } = setUp()
  expect(await call(`POST ${workflows}/order/start?instanceID=one`, { body: '{"n":1}' })).toMatchObject({
    statusCode: 202,
    headers: { location: `${workflows}/one`, 'content-type': 'application/json' },
    body: { instanceID: 'one' },
  })
  expect(await call(`GET ${workflows}/one`)).toMatchObject({
    statusCode: 200,
    body: { instanceID: 'one', workflowName: 'order', runtimeStatus: 'PENDING' },
  })
  expect(await call(`POST ${workflows}/one/terminate`)).toMatchObject({ statusCode: 202 })
})

test('a body in base64 is the bytes that it stands for', async () => {
  const { world, call } = setUp()
  const text = '{"city":"Zürich","mood":"☕"}'
  const body = Buffer.from(text).toString('base64')
  await call(`POST ${workflows}/order/start?instanceID=one`, { body, isBase64Encoded: true })
  expect(await world.memory.store.getInstance('one')).toMatchObject({ input: text })
})

test('a body in base64 that is no text is refused', async () => {
  const { call } = setUp()
  const body = Buffer.from([0xff, 0xfe]).toString('base64')
  expect(await call(`POST ${workflows}/order/start`, { body, isBase64Encoded: true })).toMatchObject({
    statusCode: 400,
    body: { errorCode: 'ERR_MALFORMED_REQUEST' },
  })
})

describe('a path', () => {
  test.each([
    ['with an escaped slash, as a function URL hands it over', 'a%2Fb', 'a/b'],
    ['with an escaped escape', 'a%252Fb', 'a%2Fb'],
    ['with spaces and letters, decoded as an HTTP API hands it over', 'grün & blau', 'grün & blau'],
    ['the same, not decoded', 'gr%C3%BCn%20%26%20blau', 'grün & blau'],
    ['with a bare percent sign', '100%', '100%'],
    ['with a percent sign before letters', '100%zz', '100%zz'],
    ['with a question mark or a hash', 'what?#', 'what?#'],
    ['with a backslash', String.raw`a\b`, String.raw`a\b`],
    ['with a coffee', '☕', '☕'],
  ])('%s names what it says', async (_, segment, eventName) => {
    const { world, call } = setUp()
    await world.management.start({ workflowName: 'order', instanceId: 'one' })
    const answer = await call('', {
      rawPath: `${workflows}/one/raiseEvent/${segment}`,
      requestContext: { http: { method: 'POST' } },
    })
    expect(answer).toMatchObject({ statusCode: 202 })
    const row = await world.memory.store.getInstance('one')
    const { inbox } = await world.memory.store.read(row ?? { instanceId: '', incarnation: '' })
    expect(inbox.map(({ event }) => ('name' in event ? event.name : ''))).toEqual([eventName])
  })

  test.each(['..', '%2e%2e', '.'])('must not climb by %s', async (segment) => {
    const { call } = setUp()
    expect(await call(`GET /v1.0/workflows/dapr/${segment}/metadata`)).toMatchObject({ statusCode: 400 })
  })

  test('with half a character is answered, not thrown', async () => {
    const { call } = setUp()
    expect(await call(`GET ${workflows}/\uD800`)).toMatchObject({ statusCode: 404 })
  })
})

test.each([
  ['GET /nowhere', 404, 'ERR_NOT_FOUND'],
  [`GET ${workflows}/unknown`, 404, 'ERR_INSTANCE_ID_NOT_FOUND'],
  [`DELETE ${workflows}/one`, 405, 'ERR_METHOD_NOT_ALLOWED'],
  [`TRACE ${workflows}/one`, 405, 'ERR_METHOD_NOT_ALLOWED'],
])('%s is answered with %i %s', async (line, statusCode, errorCode) => {
  const { call } = setUp()
  expect(await call(line)).toMatchObject({ statusCode, body: { errorCode } })
})

test('headers that cannot be read are refused', async () => {
  const { call } = setUp()
  const answer = await call(`GET ${workflows}/one`, { headers: { 'x-odd': 'a\nb' } })
  expect(answer).toMatchObject({ statusCode: 400, body: { errorCode: 'ERR_MALFORMED_REQUEST' } })
})

test('HEAD has no body, and a body of GET is ignored', async () => {
  const { world, call } = setUp()
  await world.management.start({ workflowName: 'order', instanceId: 'one' })
  expect(await call(`HEAD ${workflows}/one`)).toMatchObject({ statusCode: 200, body: undefined })
  expect(await call(`GET ${workflows}/one`, { body: 'x' })).toMatchObject({ statusCode: 200 })
})

test('an idempotency key makes two events one', async () => {
  const { world, call } = setUp()
  await world.management.start({ workflowName: 'order', instanceId: 'one' })
  for (const _ of ['first', 'again']) {
    const headers = { 'idempotency-key': 'key-1' }
    expect(await call(`POST ${workflows}/one/raiseEvent/go`, { headers })).toMatchObject({ statusCode: 202 })
  }
  expect(
    await world.memory.store.countInbox((await world.memory.store.getInstance('one')) ?? never(), 10),
  ).toBe(1)
})

test('a held request is answered before the invocation is over', async () => {
  const { world, handler } = setUp()
  await world.management.start({ workflowName: 'order', instanceId: 'one' })
  // The clock of the backend stands still: only the signal can end the wait.
  const { statusCode } = await handler(httpEvent(`GET ${workflows}/one?wait=25`), contextWith(1_001))
  expect(statusCode).toBe(200)
})

test('what the store does is not shown', async () => {
  const { world, call } = setUp({
    ports: (ports) => withPorts(ports, { getInstance: fails }),
  })
  const { statusCode, body } = await call(`GET ${workflows}/one`)
  expect(statusCode).toBe(500)
  expect(JSON.stringify(body)).not.toContain('out of reach')
  expect(world.logger.lines).toMatchObject([{ level: 'error' }])
})

test('an event of another shape is a 500 and a line in the log, not a crash', async () => {
  const { world, handler } = setUp()
  expect(await handler({ Records: [] } as never, context)).toMatchObject({ statusCode: 500 })
  expect(world.logger.lines).toMatchObject([{ level: 'error' }])
})

test('the function declares two parameters, and fits the published types', () => {
  const { handler } = setUp()
  const published: APIGatewayProxyHandlerV2 = handler
  expect(published).toHaveLength(2)
})

function never(): never {
  throw new Error('There is no such instance.')
}
