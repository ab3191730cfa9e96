// The routes of the management API and what they answer.

import { describe, expect, test } from 'vitest'
import { createHttpClient } from '../../src/client/http-client.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import { TenutoError } from '../../src/workflow/errors.ts'
import { problem, testApi } from './support.ts'

const prefixes = ['/v1.0-alpha1', '/v1.0-beta1', '/v1.0']

describe.each(prefixes)('under %s', (prefix) => {
  const at = (path: string) => `${prefix}/workflows/dapr/${path}`

  test('the seven endpoints reach the runtime', async () => {
    const { fake, post, get } = testApi()
    expect((await post(at('order/start?instanceID=i1'), '{"n":1}')).json).toEqual({ instanceID: 'i1' })
    expect((await get(at('i1'))).json).toMatchObject({
      instanceID: 'i1',
      workflowName: 'order',
      runtimeStatus: 'PENDING',
    })
    for (const path of ['i1/raiseEvent/go', 'i1/pause', 'i1/resume', 'i1/terminate', 'i1/purge']) {
      const answer = await post(at(path))
      expect([answer.status, answer.text]).toEqual([202, '{}'])
    }
    expect(fake.calls.map(([name]) => name)).toEqual([
      'start',
      'get',
      'raiseEvent',
      'suspend',
      'resume',
      'terminate',
      'purge',
    ])
  })

  test('a start names the status under the same prefix and component, and when to ask', async () => {
    const { call } = testApi()
    const answer = await call('POST', `${prefix}/workflows/my%20store/order/start?instanceID=i1`)
    expect(answer.status).toBe(202)
    expect(answer.headers.get('location')).toBe(`${prefix}/workflows/my%20store/i1`)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect((await call('GET', answer.headers.get('location') ?? '')).status).toBe(200)
  })
})

const dapr = '/v1.0/workflows/dapr'

describe('activities that are completed from outside', () => {
  test('the token and the output, or the failure, reach the runtime', async () => {
    const { fake, post } = testApi()
    expect(await post(`${dapr}/activities/complete`, '{"token":"x.y","output":{"a":[1]}}')).toMatchObject({
      status: 202,
      text: '{}',
    })
    await post(`${dapr}/activities/complete`, '{"token":"x.y"}')
    await post(`${dapr}/activities/fail`, '{"token":"x.y","failure":{"message":"no","nonRetriable":true}}')
    expect(fake.calls).toEqual([
      ['completeActivity', { token: 'x.y', output: '{"a":[1]}' }],
      ['completeActivity', { token: 'x.y' }],
      ['failActivity', { token: 'x.y', failure: { errorType: 'Error', message: 'no', nonRetriable: true } }],
    ])
  })

  test.each([
    ['complete', '', 'ERR_ACTIVITY_TOKEN_INVALID'],
    ['complete', '{"token":5}', 'ERR_ACTIVITY_TOKEN_INVALID'],
    ['complete', '[]', 'ERR_MALFORMED_REQUEST'],
    ['fail', '{"failure":{"message":"no"}}', 'ERR_ACTIVITY_TOKEN_INVALID'],
    ['fail', '{"token":"x.y"}', 'ERR_MALFORMED_REQUEST'],
    ['fail', '{"token":"x.y","failure":"no"}', 'ERR_MALFORMED_REQUEST'],
    ['fail', '{"token":"x.y","failure":{"message":5}}', 'ERR_MALFORMED_REQUEST'],
    ['fail', '{"token":"x.y","failure":{"message":"no","cause":5}}', 'ERR_MALFORMED_REQUEST'],
  ])('%s with %s is refused', async (name, body, errorCode) => {
    const { fake, post } = testApi()
    expect(problem(await post(`${dapr}/activities/${name}`, body))).toEqual({ status: 400, errorCode })
    expect(fake.calls).toEqual([])
  })
})

describe('history', () => {
  const episode = (n: number, output = ''): Episode => ({
    n,
    generation: 1,
    nonce: 'nonce',
    by: 'token',
    at: n,
    events: [{ kind: 'taskCompleted', generation: 1, seq: n, output }],
    commands: [],
    status: 'RUNNING',
  })

  test('is what the store keeps', async () => {
    const { fake, post, get } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    fake.remember('i1', [episode(1), episode(2)])
    expect(await get(`${dapr}/i1/history`)).toMatchObject({
      status: 200,
      json: { instanceID: 'i1', workflowName: 'order', episodes: [episode(1), episode(2)] },
    })
    expect((await get(`${dapr}/i1/history?after=1`)).json).toMatchObject({ episodes: [episode(2)] })
  })

  test('that is too large for one answer comes in pages, and the client puts them together', async () => {
    const { fake, api, post, get } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    const episodes = [1, 2, 3, 4, 5].map((n) => episode(n, 'x'.repeat(1.9 * 1024 * 1024)))
    fake.remember('i1', episodes)
    const { json } = await get(`${dapr}/i1/history`)
    expect(json?.['more']).toBe(true)
    expect(json?.['episodes']).toHaveLength(2)
    const client = createHttpClient('http://tenuto', {
      fetch: async (url, init) => api(new Request(url, init)),
    })
    expect(await client.getWorkflowHistory('i1')).toEqual({
      instanceId: 'i1',
      workflowName: 'order',
      episodes,
    })
    expect(await client.getWorkflowHistory('nobody')).toBeUndefined()
  })

  test('of an unknown instance is not found, and `after` is a number', async () => {
    const { post, get } = testApi()
    expect((await get(`${dapr}/nobody/history`)).json).toMatchObject({
      errorCode: 'ERR_INSTANCE_ID_NOT_FOUND',
    })
    await post(`${dapr}/order/start?instanceID=i1`)
    expect((await get(`${dapr}/i1/history?after=-1`)).status).toBe(400)
  })
})

describe('start', () => {
  test.each([
    ['a form, as curl sends it', 'application/x-www-form-urlencoded', '{"Name":"Paperclips","Quantity":1}'],
    ['plain text', 'text/plain', 'hello'],
    ['text that looks like JSON with odd spacing', 'application/json', '{ "a" :  1.50 }\n'],
    ['a text with a byte order mark', 'application/octet-stream', '\u{FEFF}{"a":1}'],
    ['keys that mean something to JavaScript', 'application/json', '{"__proto__":{"a":1},"constructor":2}'],
  ])('keeps the body verbatim: %s', async (_title, contentType, body) => {
    const { fake, post, get } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`, body, { 'content-type': contentType })
    expect(fake.calls[0]).toEqual(['start', { workflowName: 'order', instanceId: 'i1', input: body }])
    expect((await get(`${dapr}/i1`)).json).toMatchObject({ properties: { 'dapr.workflow.input': body } })
  })

  test('without a body has no input, which reads as an empty one', async () => {
    const { fake, post, get } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    expect(fake.calls[0]).toEqual(['start', { workflowName: 'order', instanceId: 'i1' }])
    expect((await get(`${dapr}/i1`)).json).toMatchObject({ properties: { 'dapr.workflow.input': '' } })
  })

  test.each(['', '?instanceID=', '?appID=my-app_1'])('without an id (%s) gets one made', async (query) => {
    const { post } = testApi()
    const { status, json } = await post(`${dapr}/order/start${query}`)
    expect(status).toBe(202)
    expect(json?.['instanceID']).toMatch(/^[\da-f-]{36}$/)
  })

  test('decodes the workflow name within its segment', async () => {
    const { fake, post } = testApi()
    await post(`${dapr}/orders%2Fv2%20%C3%A9/start?instanceID=${encodeURIComponent('bestellung-ß_٣')}`)
    expect(fake.calls[0]).toEqual(['start', { workflowName: 'orders/v2 é', instanceId: 'bestellung-ß_٣' }])
  })

  test('repeated is the same start; with something else it is a conflict', async () => {
    const { post } = testApi()
    expect((await post(`${dapr}/order/start?instanceID=i1`, '1')).status).toBe(202)
    expect((await post(`${dapr}/order/start?instanceID=i1`, '1')).status).toBe(202)
    expect(problem(await post(`${dapr}/order/start?instanceID=i1`, '2'))).toEqual({
      status: 409,
      errorCode: 'ERR_START_WORKFLOW',
    })
  })

  test('takes the place of the caller in a trace, at starts and events', async () => {
    const { fake, post } = testApi()
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await post(`${dapr}/order/start?instanceID=i1`, '1', { traceparent: trace })
    await post(`${dapr}/i1/raiseEvent/go`, '2', { traceparent: trace })
    expect(fake.calls).toMatchObject([
      ['start', { instanceId: 'i1', trace }],
      ['raiseEvent', { instanceId: 'i1', trace }],
    ])
  })

  test('takes a key and a start time', async () => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1&startTime=2030-01-02T03:04:05.678%2B02:00`, '1', {
      'idempotency-key': 'order 17',
    })
    expect(fake.calls[0]).toEqual([
      'start',
      {
        workflowName: 'order',
        instanceId: 'i1',
        input: '1',
        startAt: Date.parse('2030-01-02T01:04:05.678Z'),
        idempotencyKey: 'order 17',
      },
    ])
  })

  test.each([
    ['2030-01-02T03:04:05Z', '2030-01-02T03:04:05.000Z'],
    ['2030-01-02t03:04:05z', '2030-01-02T03:04:05.000Z'],
    ['2030-01-02 03:04:05Z', '2030-01-02T03:04:05.000Z'],
    ['2030-01-02T03:04:05.5-07:30', '2030-01-02T10:34:05.500Z'],
    ['2030-01-02T03:04:05.123456789Z', '2030-01-02T03:04:05.123Z'],
    ['2030-01-02T03:04:05+01:00', '2030-01-02T02:04:05.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('reads the time %s', async (text, expected) => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?startTime=${text}`)
    expect(fake.calls[0]?.[1]).toMatchObject({ startAt: Date.parse(expected) })
  })

  test.each([
    '',
    'tomorrow',
    '2030-01-02',
    '2030-01-02T03:04:05',
    '2030-02-30T00:00:00Z',
    '2030-13-01T00:00:00Z',
    '2030-01-02T25:00:00Z',
    '2030-01-02T03:04:05+99:00',
    '1893456000',
  ])('refuses the time %j', async (text) => {
    const { fake, post } = testApi()
    expect(problem(await post(`${dapr}/order/start?startTime=${text}`))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    })
    expect(fake.calls).toEqual([])
  })
})

describe('raising an event', () => {
  test('hands on name, data and key', async () => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    await post(`${dapr}/i1/raiseEvent/approval%2Freceived`, 'yes', { 'idempotency-key': 'k1' })
    await post(`${dapr}/i1/raiseEvent/ping`)
    expect(fake.events('i1')).toEqual([
      { instanceId: 'i1', eventName: 'approval/received', data: 'yes', eventId: 'k1' },
      { instanceId: 'i1', eventName: 'ping' },
    ])
  })

  test('with a used key and other data is a conflict', async () => {
    const { post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    const raise = async (data: string) => post(`${dapr}/i1/raiseEvent/go`, data, { 'idempotency-key': 'k1' })
    expect((await raise('1')).status).toBe(202)
    expect((await raise('1')).status).toBe(202)
    expect(problem(await raise('2'))).toEqual({ status: 409, errorCode: 'ERR_EVENT_ID_CONFLICT' })
  })
})

describe('commands', () => {
  test.each([
    ['pause', 'suspend', '{"reason":"lunch","other":1}', 'lunch'],
    ['resume', 'resume', '{"reason":null}', undefined],
    ['pause', 'suspend', '', undefined],
    ['terminate', 'terminate', '{"output":{"a":[1,"x"]}}', '{"a":[1,"x"]}'],
    ['terminate', 'terminate', '{"output":null}', 'null'],
    ['terminate', 'terminate', '{"reason":1}', undefined],
    ['terminate', 'terminate', '{"__proto__":{"output":1}}', undefined],
  ])('%s takes what it knows of the body: %s %s', async (path, operation, body, expected) => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    expect((await post(`${dapr}/i1/${path}`, body, { 'content-type': 'text/plain' })).status).toBe(202)
    expect(fake.calls.at(-1)).toEqual([operation, 'i1', expected])
  })

  test.each([
    '{',
    'null',
    '[]',
    '"text"',
    '1',
    'reason=lunch',
    '{"reason":1}',
    `{"reason":"${'x'.repeat(1025)}"}`,
  ])('pause refuses the body %s', async (body) => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    expect(problem(await post(`${dapr}/i1/pause`, body))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    })
    expect(fake.calls).toHaveLength(1)
  })

  test('purging what has not ended is a conflict; ending twice is none', async () => {
    const { post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    expect(problem(await post(`${dapr}/i1/purge`))).toEqual({ status: 409, errorCode: 'ERR_PURGE_WORKFLOW' })
    expect((await post(`${dapr}/i1/terminate`)).status).toBe(202)
    expect((await post(`${dapr}/i1/terminate`)).status).toBe(202)
  })

  test.each([
    ['raiseEvent/go', 'ERR_RAISE_EVENT_WORKFLOW'],
    ['pause', 'ERR_PAUSE_WORKFLOW'],
    ['resume', 'ERR_RESUME_WORKFLOW'],
  ])('%s of an instance that has ended is gone', async (path, errorCode) => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    fake.change('i1', { status: 'COMPLETED' })
    expect(problem(await post(`${dapr}/i1/${path}`))).toEqual({ status: 410, errorCode })
  })
})

describe('an unknown instance', () => {
  test.each(['GET ', 'POST /raiseEvent/go', 'POST /pause', 'POST /resume', 'POST /terminate', 'POST /purge'])(
    '%s is not found, in the words of Dapr',
    async (request) => {
      const [method = '', path = ''] = request.split(' ')
      const { call } = testApi()
      const answer = await call(method, `${dapr}/nobody:0001${path}`)
      expect([answer.status, answer.json]).toEqual([
        404,
        {
          errorCode: 'ERR_INSTANCE_ID_NOT_FOUND',
          message: 'unable to find workflow with the provided instance ID: nobody:0001',
        },
      ])
    },
  )

  test('is not found while somebody waits for it, nor once it is purged', async () => {
    const { get } = testApi()
    expect((await get(`${dapr}/nobody?wait=5`)).status).toBe(404)
    expect((await get(`${dapr}/nobody?wait=5&until=completion`)).status).toBe(404)
  })
})

describe('ids of children', () => {
  test('with colons, slashes and more than 64 characters are taken everywhere but at the start', async () => {
    const { fake, get, post } = testApi()
    const id = `parent:0001/a:${'x'.repeat(90)}`
    expect((await get(`${dapr}/${encodeURIComponent(id)}`)).status).toBe(404)
    expect(fake.calls).toEqual([['get', id]])
    expect(problem(await post(`${dapr}/order/start?instanceID=parent:0001`))).toEqual({
      status: 400,
      errorCode: 'ERR_INSTANCE_ID_INVALID',
    })
  })
})

describe('routes', () => {
  test.each([
    ['PUT', `${dapr}/i1`, 'GET, HEAD'],
    ['POST', `${dapr}/i1/history`, 'GET, HEAD'],
    ['OPTIONS', `${dapr}/i1`, 'GET, HEAD'],
    ['DELETE', `${dapr}/i1`, 'GET, HEAD'],
    ['GET', `${dapr}/order/start`, 'POST'],
    ['GET', `${dapr}/i1/pause`, 'POST'],
    ['PATCH', `${dapr}/i1/raiseEvent/go`, 'POST'],
    ['POST', '/v1.0/metadata', 'GET, HEAD'],
    ['QUUX', `${dapr}/i1/purge`, 'POST'],
  ])('%s %s is answered with the methods there are', async (method, path, allow) => {
    const { fake, call } = testApi()
    const answer = await call(method, path)
    expect(problem(answer)).toEqual({ status: 405, errorCode: 'ERR_METHOD_NOT_ALLOWED' })
    expect(answer.headers.get('allow')).toBe(allow)
    expect(fake.calls).toEqual([])
  })

  test.each([
    '/',
    '/v1.0',
    '/v2.0/workflows/dapr/i1',
    `${dapr}/i1/`,
    `${dapr}/i1/explode`,
    `${dapr}/i1/raiseEvent/a/b`,
    `${dapr}/i1/raiseEvent`,
    '/v1.0/Metadata',
    '//v1.0/metadata',
    '/v1.0/workflows//i1',
  ])('GET and POST %s are not found', async (path) => {
    const { call } = testApi()
    for (const method of ['GET', 'POST']) {
      expect(problem(await call(method, path))).toEqual({ status: 404, errorCode: 'ERR_NOT_FOUND' })
    }
  })

  test('HEAD answers as GET, without the body', async () => {
    const { call, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    const answer = await call('HEAD', `${dapr}/i1`)
    expect([answer.status, answer.text, answer.headers.get('retry-after')]).toEqual([200, '', '1'])
    expect((await call('HEAD', `${dapr}/nobody`)).status).toBe(404)
    expect((await call('HEAD', '/v1.0/metadata')).status).toBe(200)
  })

  test('the metadata document is there, which Dapr clients wait for', async () => {
    expect((await testApi().get('/v1.0/metadata')).json).toEqual({ id: 'tenuto' })
  })

  test('empty names are told apart from unknown routes', async () => {
    const { get, post } = testApi()
    const code = (answer: Parameters<typeof problem>[0]) => problem(answer).errorCode
    expect(code(await get(`${dapr}/`))).toBe('ERR_INSTANCE_ID_PROVIDED_MISSING')
    expect(code(await post(`${dapr}//start`))).toBe('ERR_WORKFLOW_NAME_MISSING')
    expect(code(await post(`${dapr}//pause`))).toBe('ERR_INSTANCE_ID_PROVIDED_MISSING')
    expect(code(await post(`${dapr}/i1/raiseEvent/`))).toBe('ERR_WORKFLOW_EVENT_NAME_MISSING')
  })
})

describe('answers', () => {
  test('are JSON that nobody stores, sniffs or frames, and say nothing about other origins', async () => {
    const { get, post } = testApi()
    for (const { headers } of [
      await get(`${dapr}/nobody`),
      await post(`${dapr}/order/start`),
      await get('/nowhere'),
    ]) {
      expect(headers.get('content-type')).toBe('application/json')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.has('access-control-allow-origin')).toBe(false)
    }
  })

  test.each([
    new Error('secret'),
    'secret',
    undefined,
    { getResponse: () => new Response('secret') },
    new TenutoError('INTERNAL', 'secret'),
    new TenutoError('TASK_CANCELLED', 'secret'),
  ])('to an unexpected failure (%s) tell an id, and the log the rest', async (error) => {
    const { fake, logger, get } = testApi()
    fake.failNext('get', error)
    const answer = await get(`${dapr}/i1`)
    expect(answer.status).toBe(500)
    const { id } = logger.lines[0]?.fields ?? {}
    expect(answer.json).toEqual({
      errorCode: 'INTERNAL',
      message: `Something went wrong here; the log has it under ${String(id)}.`,
    })
    expect(logger.lines).toEqual([
      {
        level: 'error',
        message: 'A request failed',
        fields: { method: 'GET', path: `${dapr}/i1`, id, error },
      },
    ])
  })

  test('to a platform that cannot take it say so, when to try again, and no detail of the machine', async () => {
    const { fake, logger, post } = testApi()
    fake.failNext('start', new TenutoError('STORAGE_FULL', 'no space left in /home/secret'))
    const answer = await post(`${dapr}/order/start`)
    expect(problem(answer)).toEqual({ status: 503, errorCode: 'STORAGE_FULL' })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.text).not.toContain('secret')
    expect(logger.lines).toHaveLength(1)
  })

  test('to a full buffer say when to try again', async () => {
    const { fake, post } = testApi()
    fake.failNext('raiseEvent', new TenutoError('ERR_EVENT_BUFFER_FULL', '10000 events wait.'))
    const answer = await post(`${dapr}/i1/raiseEvent/go`)
    expect(problem(answer)).toEqual({ status: 429, errorCode: 'ERR_EVENT_BUFFER_FULL' })
    expect(answer.headers.get('retry-after')).toBe('1')
  })
})

describe('running again', () => {
  test('is answered with the instance that runs, and where it is', async () => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`, '1')
    fake.change('i1', { status: 'FAILED' })
    const answer = await post(`${dapr}/i1/rewind`)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([202, { instanceID: 'i1' }])
    expect(answer.headers.get('location')).toBe(`${dapr}/i1`)
    const body = '{"eventID":2,"newInstanceID":"i2","input":null}'
    expect(JSON.parse((await post(`${dapr}/i1/rerun`, body)).text)).toEqual({ instanceID: 'i2' })
    expect(fake.calls).toContainEqual([
      'rerun',
      { instanceId: 'i1', eventId: 2, newInstanceId: 'i2', input: 'null' },
    ])
  })

  test.each([
    ['rerun', ''],
    ['rerun', '{"eventID":"2"}'],
    ['rerun', '{"eventID":1.5}'],
    ['rerun', '{"eventID":2,"newInstanceID":5}'],
    ['rerun', '{"eventID":2,"newChildInstanceID":true}'],
    ['restart', '{"newInstanceID":7}'],
    ['restart', '[]'],
  ])('by %s with the body %s is malformed', async (action, body) => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`, '1')
    const before = fake.calls.length
    expect(problem(await post(`${dapr}/i1/${action}`, body))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    })
    expect(fake.calls).toHaveLength(before)
  })
})

describe('a request that a browser sends for a page of another origin', () => {
  test.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example', host: 'localhost:3500' },
    { origin: 'null', host: 'localhost:3500' },
  ])('changes nothing: %j', async (headers) => {
    const { fake, post } = testApi()
    expect(problem(await post(`${dapr}/order/start`, '1', headers as Record<string, string>))).toEqual({
      status: 403,
      errorCode: 'ERR_FORBIDDEN_ORIGIN',
    })
    expect(fake.calls).toEqual([])
  })

  test.each([
    { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:3500' },
    { 'sec-fetch-site': 'none' },
    { origin: 'http://localhost:3500', host: 'localhost:3500' },
    {},
  ])('is told from one of this origin or of a program: %j', async (headers) => {
    const { post } = testApi()
    expect((await post(`${dapr}/order/start`, '1', headers as Record<string, string>)).status).toBe(202)
  })
})
