// ?wait: a status request is held until something happens.

import { describe, expect, test } from 'vitest'
import type { InstanceView } from '../../src/runtime/management.ts'
import { origin, problem, readAnswer, type TestApi, testApi } from './support.ts'

const dapr = '/v1.0/workflows/dapr'

async function started(): Promise<TestApi> {
  const opened = testApi()
  await opened.post(`${dapr}/order/start?instanceID=i1`)
  return opened
}

/** Asks, makes the changes once the request is held, and gives the answer. */
async function heldThrough(
  { fake, get }: TestApi,
  query: string,
  ...changes: readonly Partial<InstanceView>[]
) {
  const answer = get(`${dapr}/i1?${query}`)
  await fake.untilWaited('i1')
  for (const change of changes) fake.change('i1', change)
  return answer
}

test('the answer is held until the instance changes, and no longer', async () => {
  const { json, headers } = await heldThrough(await started(), 'wait=25', { status: 'RUNNING' })
  expect(json).toMatchObject({ runtimeStatus: 'RUNNING' })
  expect(headers.get('retry-after')).toBe('1')
})

test('a change of the custom status alone is a change', async () => {
  const { json } = await heldThrough(await started(), 'wait=25', { customStatus: '"half"' })
  expect(json).toMatchObject({ properties: { 'dapr.workflow.custom_status': 'half' } })
})

test('without a wait the answer comes at once, and nobody waits', async () => {
  const { fake, get } = await started()
  expect((await get(`${dapr}/i1?wait=0`)).status).toBe(200)
  expect((await get(`${dapr}/i1`)).status).toBe(200)
  expect(fake.calls.map(([name]) => name)).toEqual(['start', 'get', 'get'])
})

test('an instance that has ended is answered at once, without Retry-After', async () => {
  const { fake, get } = await started()
  fake.change('i1', { status: 'COMPLETED', output: '1' })
  const { json, headers } = await get(`${dapr}/i1?wait=25`)
  expect(json).toMatchObject({ runtimeStatus: 'COMPLETED' })
  expect(headers.has('retry-after')).toBe(false)
})

test('when time is over the answer is the state of then', async () => {
  const { json } = await (await started()).get(`${dapr}/i1?wait=0.01`)
  expect(json).toMatchObject({ runtimeStatus: 'PENDING' })
})

test('until=start and until=completion pass over other changes', async () => {
  const api = await started()
  expect(
    (await heldThrough(api, 'wait=25&until=start', { customStatus: '1' }, { status: 'RUNNING' })).json,
  ).toMatchObject({
    runtimeStatus: 'RUNNING',
  })
  expect(
    (await heldThrough(api, 'wait=25&until=completion', { customStatus: '2' }, { status: 'FAILED' })).json,
  ).toMatchObject({ runtimeStatus: 'FAILED' })
})

test('since: what changed between two requests is not missed', async () => {
  const { fake, get } = await started()
  const { lastUpdatedAt } = (await get(`${dapr}/i1`)).json as { lastUpdatedAt: string }
  fake.change('i1', { status: 'RUNNING' })
  expect((await get(`${dapr}/i1?wait=25&since=${lastUpdatedAt}`)).json).toMatchObject({
    runtimeStatus: 'RUNNING',
  })
})

test('an instance that is purged meanwhile is not found', async () => {
  const { fake, get } = await started()
  fake.change('i1', { status: 'RUNNING' })
  const answer = get(`${dapr}/i1?wait=25&until=start&since=2026-01-01T00:00:00Z`)
  expect((await answer).status).toBe(200)
  const gone = get(`${dapr}/i1?wait=25`)
  await fake.untilWaited('i1')
  fake.change('i1', { status: 'TERMINATED' })
  await gone
  await fake.purge('i1')
  expect((await get(`${dapr}/i1?wait=25`)).status).toBe(404)
})

test('a request that is aborted stops waiting', async () => {
  const { fake, api } = await started()
  const client = new AbortController()
  const answer = api(new Request(`${origin}${dapr}/i1?wait=25`, { signal: client.signal }))
  await fake.untilWaited('i1')
  client.abort()
  expect((await readAnswer(await answer)).json).toMatchObject({ runtimeStatus: 'PENDING' })
  expect(fake.waiting).toEqual([])
})

describe('refused', () => {
  test.each(['-1', '26', '25.001', 'x', '', '1e1', '0x10', ' 5', '5s', 'NaN', 'Infinity', '٣', '1.2345'])(
    'wait=%s',
    async (wait) => {
      const { get, fake } = await started()
      expect(problem(await get(`${dapr}/i1?wait=${encodeURIComponent(wait)}`))).toEqual({
        status: 400,
        errorCode: 'ERR_MALFORMED_REQUEST',
      })
      expect(fake.calls).toHaveLength(1)
    },
  )

  test.each(['until=end', 'until=', 'since=yesterday', 'until=__proto__'])('%s', async (query) => {
    const { get } = await started()
    expect((await get(`${dapr}/i1?${query}`)).status).toBe(400)
  })
})
