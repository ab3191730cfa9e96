// What only the client over HTTP has to bear: a network that loses answers, and servers that are not ours.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createHttpClient, type HttpClientOptions } from '../../src/client/http-client.ts'
import { createHttpApi } from '../../src/http/api.ts'
import { fakeManagement } from '../http/fake-management.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

type Fetch = NonNullable<HttpClientOptions['fetch']>
type Fault = 'lost request' | 'lost answer' | Response

/** A client whose calls meet the given faults first, and the API after; time passes by itself. */
function clientWith(...faults: readonly Fault[]) {
  const fake = fakeManagement()
  const api = createHttpApi(fake)
  const left = [...faults]
  const sent: Request[] = []
  const waits: number[] = []
  const fetch: Fetch = async (url, init) => {
    waits.push(performance.now())
    const request = new Request(url, init)
    sent.push(request.clone())
    const fault = left.shift()
    if (fault instanceof Response) return fault
    if (fault === 'lost request') throw new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })
    const response = await api(request)
    if (fault === 'lost answer') throw new TypeError('fetch failed', { cause: new Error('ECONNRESET') })
    return response
  }
  const client = createHttpClient('http://tenuto.example', { fetch, headers: { authorization: 'Bearer t' } })
  return { client, fake, sent, waits }
}

async function passTime<T>(work: Promise<T>): Promise<T> {
  const state = { done: false }
  const settled = work.finally(() => (state.done = true))
  settled.catch(() => {})
  while (!state.done) await vi.advanceTimersByTimeAsync(10)
  return settled
}

const unavailable = (headers: Record<string, string> = {}) => new Response('busy', { status: 503, headers })

describe('a retry', () => {
  test('of a start whose answer was lost starts nothing twice, even when the instance has ended', async () => {
    const { client, fake, sent } = clientWith('lost answer', 'lost answer')
    const id = await passTime(client.scheduleNewWorkflow('order', { item: 'pen' }))
    expect(fake.calls.map(([name]) => name)).toEqual(['start', 'start', 'start'])
    const keys = sent.map(({ headers }) => headers.get('idempotency-key'))
    expect([new Set(keys).size, keys[0]]).toEqual([1, expect.stringMatching(/^[\da-f-]{36}$/)])
    expect(new Set(sent.map(({ url }) => url)).size).toBe(1)
    expect(await client.getWorkflowState(id)).toMatchObject({ input: { item: 'pen' } })
  })

  test('of an event whose answer was lost raises it once; two calls are two events', async () => {
    const { client, fake } = clientWith()
    await client.scheduleNewWorkflow('order', 1, { instanceId: 'i1' })
    const lossy = clientOn(fake, 'lost answer')
    await passTime(lossy.raiseEvent('i1', 'go', 1))
    await passTime(lossy.raiseEvent('i1', 'go', 1))
    expect(fake.events('i1')).toHaveLength(2)
  })

  test('of a purge whose answer was lost counts as purged', async () => {
    const { client, fake } = clientWith()
    await client.scheduleNewWorkflow('order', 1, { instanceId: 'i1' })
    await client.terminateWorkflow('i1')
    expect(await passTime(clientOn(fake, 'lost answer').purgeWorkflow('i1'))).toBe(true)
    expect(await client.getWorkflowState('i1')).toBeUndefined()
  })

  test.each([429, 502, 503, 504])('follows the status %d', async (status) => {
    const { client, sent } = clientWith(new Response('', { status }), 'lost request')
    await passTime(client.scheduleNewWorkflow('order'))
    expect(sent).toHaveLength(3)
  })

  test('waits for as long as the server asks, and longer each time', async () => {
    const { client, waits } = clientWith(
      unavailable({ 'retry-after': '3' }),
      unavailable(),
      unavailable(),
      unavailable(),
    )
    await passTime(client.scheduleNewWorkflow('order'))
    const gaps = waits.slice(1).map((at, index) => at - (waits[index] ?? 0))
    expect(gaps[0]).toBeGreaterThanOrEqual(3_000)
    for (const [index, base] of [200, 400, 800].entries()) {
      expect(gaps[index + 1]).toBeGreaterThanOrEqual(base / 2)
      expect(gaps[index + 1]).toBeLessThanOrEqual(base + 20)
    }
  })

  test('ends after six attempts, with the reason', async () => {
    const { client, sent } = clientWith(...Array.from({ length: 9 }, (): Fault => 'lost request'))
    await expect(passTime(client.getWorkflowState('i1'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'No answer from the server: fetch failed: ECONNREFUSED',
    })
    expect(sent).toHaveLength(6)
  })

  test('does not follow an error that stays one', async () => {
    const { client, sent } = clientWith()
    await expect(client.scheduleNewWorkflow('order', 1, { instanceId: 'not valid' })).rejects.toMatchObject({
      code: 'ERR_INSTANCE_ID_INVALID',
    })
    expect(sent).toHaveLength(1)
  })
})

describe('a wait', () => {
  test('of a minute asks three times, each held as long as a server may', async () => {
    const { client, fake, sent } = clientWith()
    await client.scheduleNewWorkflow('order', 1, { instanceId: 'i1' })
    await expect(passTime(client.waitForWorkflowCompletion('i1'))).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
    })
    expect(sent.slice(1).map(({ url }) => new URL(url).search)).toEqual([
      '?wait=25&until=completion',
      '?wait=25&until=completion',
      '?wait=10&until=completion',
    ])
    expect(fake.waiting).toEqual([])
  })

  test('does not hammer a server that holds nothing', async () => {
    const { fake } = clientWith()
    await fake.start({ workflowName: 'order', instanceId: 'i1' })
    const api = createHttpApi(fake)
    let asked = 0
    const client = createHttpClient('http://tenuto.example', {
      fetch: async (url, init) => {
        asked++
        return api(new Request(url.replace(/\?.*/, ''), init))
      },
    })
    await expect(passTime(client.waitForWorkflowStart('i1', { timeoutMs: 5_000 }))).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
    })
    expect(asked).toBeLessThanOrEqual(12)
  })

  test('goes on over a server that restarts', async () => {
    const { client, fake } = clientWith()
    await client.scheduleNewWorkflow('order', 1, { instanceId: 'i1' })
    fake.change('i1', { status: 'COMPLETED', output: '7' })
    const waited = clientOn(fake, 'lost answer', unavailable(), 'lost request').waitForWorkflowCompletion(
      'i1',
    )
    expect(await passTime(waited)).toMatchObject({ output: 7 })
  })
})

describe('what is sent', () => {
  test('carries the headers of the options', async () => {
    const { client, sent } = clientWith()
    await client.scheduleNewWorkflow('order', 1)
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer t')
    expect(sent[0]?.headers.get('content-type')).toBe('application/json')
  })

  test.each(['.', '..', '\uD800'])('never is an id or name that a URL cannot carry: %j', async (text) => {
    const { client, sent } = clientWith()
    const refused = { code: 'INVALID_ARGUMENT' }
    await expect(client.getWorkflowState(text)).rejects.toMatchObject(refused)
    await expect(client.scheduleNewWorkflow(text)).rejects.toMatchObject(refused)
    await expect(client.raiseEvent('i1', text)).rejects.toMatchObject(refused)
    expect(sent).toEqual([])
  })

  test.each(['', 'ä', ' a', 'a\n'])('never is a key that a header cannot carry: %j', async (eventId) => {
    const { client, sent } = clientWith()
    await expect(client.raiseEvent('i1', 'go', 1, { eventId })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect(sent).toEqual([])
  })

  test.each(['', 'localhost:3500', 'ftp://a', 'http://a?b', 'http://a#b', 'http://', '//a'])(
    'needs a base URL, and %j is none',
    (url) => {
      expect(() => createHttpClient(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    },
  )
})

describe('a server that is not ours', () => {
  test.each([
    [new Response('<html>', { status: 200 })],
    [new Response('{"message":"Forbidden"}', { status: 403 })],
    [new Response(null, { status: 301, headers: { location: 'https://elsewhere.example' } })],
    [new Response('{"errorCode":"SOMETHING_ELSE","message":"x"}', { status: 400 })],
    [new Response('[]', { status: 200 })],
  ])('is recognised (%#)', async (response) => {
    await expect(clientWith(response).client.getWorkflowState('i1')).rejects.toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
    })
  })

  test('gives no instance for a start it does not understand', async () => {
    await expect(clientWith(new Response('{}')).client.scheduleNewWorkflow('order')).rejects.toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
    })
  })
})

/** A client of the API over an existing runtime. */
function clientOn(fake: ReturnType<typeof fakeManagement>, ...faults: readonly Fault[]) {
  const api = createHttpApi(fake)
  const left = [...faults]
  return createHttpClient('http://tenuto.example', {
    fetch: async (url, init) => {
      const fault = left.shift()
      if (fault instanceof Response) return fault
      if (fault === 'lost request') throw new TypeError('fetch failed')
      const response = await api(new Request(url, init))
      if (fault === 'lost answer') throw new TypeError('fetch failed')
      return response
    },
  })
}
