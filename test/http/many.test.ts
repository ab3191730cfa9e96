// Lists, counts and acts on many: what the query says, what is refused, and what an answer holds.

import { describe, expect, test } from 'vitest'
import { limits } from '../../src/workflow/limits.ts'
import { problem, testApi, type TestApi } from './support.ts'

const path = '/v1.0/workflows/dapr'

async function start({ post }: TestApi, id: string, query = '', body = '"in"'): Promise<void> {
  const { status } = await post(`${path}/order/start?instanceID=${id}${query}`, body)
  expect(status).toBe(202)
}

const idsOf = (json: Readonly<Record<string, unknown>> | undefined) =>
  ((json?.['instances'] ?? []) as { instanceID: string }[]).map(({ instanceID }) => instanceID)

describe('lists', () => {
  test('an instance is shown as its status is, without payloads unless they are asked for', async () => {
    const server = testApi()
    await start(server, 'a', '&tag=team:a&tag=customer:7%2C8')
    server.fake.change('a', { status: 'STALLED', customStatus: '"half"', parentInstanceId: 'p' })
    const { json } = await server.get(path)
    expect(json).toEqual({
      instances: [
        {
          instanceID: 'a',
          workflowName: 'order',
          createdAt: expect.any(String) as string,
          lastUpdatedAt: expect.any(String) as string,
          runtimeStatus: 'RUNNING',
          properties: {
            'tenuto.workflow.status': 'STALLED',
            'tenuto.workflow.parent_instance_id': 'p',
            'tenuto.workflow.tags': '{"team":"a","customer":"7,8"}',
          },
        },
      ],
    })
    const whole = await server.get(`${path}?withPayloads=true`)
    const { json: shown } = await server.get(`${path}/a`)
    expect(whole.json?.['instances']).toEqual([shown])
    expect(JSON.stringify(shown)).toContain('half')
  })

  test('the query says what is meant', async () => {
    const { fake, get } = testApi()
    const query = [
      'status=running,FAILED&status=STALLED&workflowName=a%2Cb&workflowName=c',
      'createdFrom=2026-01-01T00:00:00Z&createdTo=2026-01-01T01:00:00%2B01:00',
      'lastUpdatedFrom=2026-01-01T00:00:01Z&lastUpdatedTo=2026-01-01T00:00:02.5Z',
      'instanceIDPrefix=x_%25&parentInstanceID=p:0001&tag=team:a:b&tag=empty:&appID=orders',
    ].join('&')
    const filter = {
      statuses: ['RUNNING', 'FAILED', 'STALLED'],
      workflowNames: ['a,b', 'c'],
      createdFrom: Date.UTC(2026, 0, 1),
      createdTo: Date.UTC(2026, 0, 1),
      lastUpdatedFrom: Date.UTC(2026, 0, 1, 0, 0, 1),
      lastUpdatedTo: Date.UTC(2026, 0, 1, 0, 0, 2, 500),
      instanceIdPrefix: 'x_%',
      parentInstanceId: 'p:0001',
      tags: { team: 'a:b', empty: '' },
    }
    expect((await get(`${path}?${query}&pageSize=7&pageToken=t&newestFirst=true`)).status).toBe(200)
    const page = { pageSize: 7, pageToken: 't', newestFirst: true, withPayloads: false }
    expect(fake.calls.at(-1)).toEqual(['list', { ...filter, ...page }])
    expect((await get(`${path}?${query}&count=true`)).json).toEqual({ count: 0 })
    expect(fake.calls.at(-1)).toEqual(['count', filter])
  })

  test('a page that would be too large for an answer is cut, and goes on', async () => {
    const server = testApi()
    const large = JSON.stringify('x'.repeat(1.5 * 1024 * 1024))
    for (const id of ['a', 'b', 'c', 'd']) await start(server, id, '', large)
    const found: string[] = []
    let token = ''
    do {
      const { json, text } = await server.get(`${path}?withPayloads=true${token}`)
      expect(Buffer.byteLength(text)).toBeLessThan(6 * 1024 * 1024)
      found.push(...idsOf(json))
      const next = json?.['nextPageToken']
      token = typeof next === 'string' ? `&pageToken=${encodeURIComponent(next)}` : ''
    } while (token !== '')
    expect(found).toEqual(['a', 'b', 'c', 'd'])
    expect(idsOf((await server.get(path)).json)).toHaveLength(4)
  })

  test.each([
    'status=BUSY',
    'status=',
    'createdFrom=yesterday',
    'createdTo=2026-02-31T00:00:00Z',
    'tag=team',
    'tag=:a',
    'tag=team:a&tag=team:b',
    'newestFirst=yes',
    'withPayloads=1',
    'count=maybe',
    'pageSize=ten',
    'pageSize=-1',
    'statuses=RUNNING',
    'workflowname=order',
    'action=terminate',
  ])('?%s is refused before anything is asked', async (query) => {
    const { fake, get } = testApi()
    expect(problem(await get(`${path}?${query}`))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    })
    expect(fake.calls).toEqual([])
  })

  test.each(['PUT', 'DELETE', 'PATCH'])('%s is not allowed there', async (method) => {
    const { call } = testApi()
    const answer = await call(method, path)
    expect(problem(answer)).toEqual({ status: 405, errorCode: 'ERR_METHOD_NOT_ALLOWED' })
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST')
  })
})

describe('acts on many', () => {
  test.each([
    ['pause', { reason: 'audit' }, { kind: 'suspend', reason: 'audit' }],
    ['resume', undefined, { kind: 'resume' }],
    ['terminate', { output: [1] }, { kind: 'terminate', output: '[1]' }],
    ['purge', undefined, { kind: 'purge' }],
  ] as const)('%s is done to what the query means, and says how many', async (action, body, act) => {
    const server = testApi()
    await start(server, 'a')
    await start(server, 'b')
    const query = `${path}?action=${action}&workflowName=order`
    const first = await server.post(query, body && JSON.stringify(body))
    expect(first.json).toEqual({ done: 1, nextPageToken: '1' })
    expect(server.fake.calls.at(-1)).toEqual([
      'actOnMany',
      { act, filter: { workflowNames: ['order'] }, all: false },
    ])
    expect((await server.post(`${query}&pageToken=1`)).json).toEqual({ done: 1 })
  })

  test('all is handed on', async () => {
    const { fake, post } = testApi()
    await post(`${path}?action=purge&all=true`)
    expect(fake.calls.at(-1)).toEqual(['actOnMany', { act: { kind: 'purge' }, filter: {}, all: true }])
  })

  test.each([
    ['?status=RUNNING', undefined],
    ['?action=kill&status=RUNNING', undefined],
    ['?action=terminate&status=RUNNING&workflowname=order', undefined],
    ['?action=terminate&status=RUNNING&pageSize=5', undefined],
    ['?action=pause&status=RUNNING', JSON.stringify({ reason: 'x'.repeat(limits.reasonCharacters + 1) })],
    ['?action=pause&status=RUNNING', 'no json'],
  ])('POST %s is refused before anything is done', async (query, body) => {
    const { fake, post } = testApi()
    expect(problem(await post(path + query, body))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    })
    expect(fake.calls).toEqual([])
  })

  test('a web page of another origin may not', async () => {
    const { fake, post } = testApi()
    const headers = { origin: 'https://evil.example' }
    expect(problem(await post(`${path}?action=purge&all=true`, undefined, headers))).toEqual({
      status: 403,
      errorCode: 'ERR_FORBIDDEN_ORIGIN',
    })
    expect(fake.calls).toEqual([])
  })
})

describe('starts', () => {
  test.each(['tag=team', 'tag=team:a&tag=team:a', 'idReusePolicy=never'])('?%s is refused', async (query) => {
    const { fake, post } = testApi()
    expect(problem(await post(`${path}/order/start?${query}`))).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    })
    expect(fake.calls).toEqual([])
  })

  test('policy and tags are handed on', async () => {
    const { fake, post } = testApi()
    await post(`${path}/order/start?instanceID=a&idReusePolicy=ifNotExists&tag=team:a+b`)
    expect(fake.calls).toEqual([
      [
        'start',
        { workflowName: 'order', instanceId: 'a', idReusePolicy: 'ifNotExists', tags: { team: 'a b' } },
      ],
    ])
  })
})
