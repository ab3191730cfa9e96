// Hostile input gets a 4xx, and the runtime never hears of it.

import { describe, expect, test } from 'vitest'
import { limits } from '../../src/workflow/limits.ts'
import { problem, testApi } from './support.ts'

const dapr = '/v1.0/workflows/dapr'
const enc = encodeURIComponent

async function refused(method: string, path: string, init: RequestInit = {}) {
  const { fake, call } = testApi()
  const answer = await call(method, path, init)
  expect(fake.calls).toEqual([])
  expect(answer.text).not.toMatch(/\n\s+at |\.ts:\d/)
  return problem(answer)
}

const malformed = { status: 400, errorCode: 'ERR_MALFORMED_REQUEST' }
const badId = { status: 400, errorCode: 'ERR_INSTANCE_ID_INVALID' }
const longId = { status: 400, errorCode: 'ERR_INSTANCE_ID_TOO_LONG' }

describe('ids at the start', () => {
  test.each([
    ['a space', 'a b', badId],
    ['a colon', 'a:b', badId],
    ['a slash', 'a/b', badId],
    ['a dot', '..', badId],
    ['a hash', 'a#i#b', badId],
    ['NUL', 'a\0', badId],
    ['a line feed', 'a\n', badId],
    ['an emoji', '🙂', badId],
    ['a combining mark', 'e\u0301', badId],
    ['an override of direction', 'a\u202Eb', badId],
    ['a space of no width', 'a\u200Bb', badId],
    ['a number that is no digit', '½', badId],
    ['65 characters', 'x'.repeat(65), longId],
    ['65 characters outside the first plane', '𝒳'.repeat(65), longId],
    ['5,000 characters', 'x'.repeat(5_000), longId],
  ])('%s', async (_title, id, expected) => {
    expect(await refused('POST', `${dapr}/order/start?instanceID=${enc(id)}`)).toEqual(expected)
  })

  test.each(['__proto__', 'constructor', 'x'.repeat(64), '𝒳'.repeat(64), 'Überweisung-7_٣', '-', '_'])(
    '%s is an id like any other',
    async (id) => {
      const { post, get } = testApi()
      expect((await post(`${dapr}/order/start?instanceID=${enc(id)}`)).json).toEqual({ instanceID: id })
      expect((await get(`${dapr}/${enc(id)}`)).json).toMatchObject({ instanceID: id })
    },
  )
})

describe('broken escapes', () => {
  test.each(['%', '%zz', '%C3', '%ED%A0%80', '%FF', '%C0%80', '%F4%90%80%80', 'a%2'])(
    '%s in the path or the query',
    async (text) => {
      expect(await refused('GET', `${dapr}/${text}`)).toEqual(malformed)
      expect(await refused('POST', `${dapr}/${text}/start`)).toEqual(malformed)
      expect(await refused('POST', `${dapr}/i1/raiseEvent/${text}`)).toEqual(malformed)
      expect(await refused('POST', `/v1.0/workflows/${text}/i1/pause`)).toEqual(malformed)
      expect(await refused('POST', `${dapr}/order/start?instanceID=${text}`)).toEqual(malformed)
      expect(await refused('GET', `${dapr}/i1?${text}=1`)).toEqual(malformed)
    },
  )
})

describe('names', () => {
  test.each([
    ['NUL', '%00'],
    ['a line feed', 'a%0Ab'],
    ['an escape character', '%1B%5B2J'],
    ['a control character of Latin-1', '%C2%85'],
    ['257 characters', 'x'.repeat(257)],
    ['5,000 characters', 'x'.repeat(5_000)],
  ])('%s', async (_title, name) => {
    expect(await refused('POST', `${dapr}/${name}/start`)).toEqual(malformed)
    expect(await refused('POST', `${dapr}/i1/raiseEvent/${name}`)).toEqual(malformed)
    expect(await refused('POST', `/v1.0/workflows/${name}/order/start`)).toEqual(malformed)
  })

  test.each([
    '__proto__',
    'constructor',
    'toString',
    '<img onerror=1>',
    "'; drop table--",
    'x'.repeat(256),
    'a/b',
    '%2F',
    '..%2F',
  ])('%s is a name like any other', async (name) => {
    const { fake, post } = testApi()
    expect((await post(`${dapr}/${enc(name)}/start?instanceID=i1`)).status).toBe(202)
    expect((await post(`${dapr}/i1/raiseEvent/${enc(name)}`)).status).toBe(202)
    expect(fake.calls).toEqual([
      ['start', { workflowName: name, instanceId: 'i1' }],
      ['raiseEvent', { instanceId: 'i1', eventName: name }],
    ])
  })

  test('an escaped slash does not change the route', async () => {
    const { fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    expect((await post(`${dapr}/i1/raiseEvent/a%2F..%2F..%2Fpurge`)).status).toBe(202)
    expect((await post(`${dapr}/i1%2Fterminate`)).status).toBe(405)
    expect(fake.events('i1').map(({ eventName }) => eventName)).toEqual(['a/../../purge'])
  })
})

describe('ids of other calls', () => {
  test.each([
    ['NUL', '%00', badId],
    ['a carriage return', 'i1%0D%0ALocation:%20x', badId],
    ['513 characters', 'x'.repeat(limits.childInstanceIdCharacters + 1), longId],
  ])('%s', async (_title, id, expected) => {
    expect(await refused('GET', `${dapr}/${id}`)).toEqual(expected)
    for (const path of ['raiseEvent/go', 'pause', 'resume', 'terminate', 'purge']) {
      expect(await refused('POST', `${dapr}/${id}/${path}`)).toEqual(expected)
    }
  })
})

describe('keys', () => {
  test.each([
    ['empty', ''],
    ['257 characters', 'x'.repeat(257)],
    ['not ASCII', 'schlüssel'],
  ])('%s', async (_title, key) => {
    const headers = { 'idempotency-key': key }
    expect(await refused('POST', `${dapr}/order/start`, { headers })).toEqual(malformed)
    expect(await refused('POST', `${dapr}/i1/raiseEvent/go`, { headers })).toEqual(malformed)
  })
})

describe('app ids', () => {
  test.each(['a.b', 'a b', 'a/b', 'ä', '\0', 'x'.repeat(257)])('%j', async (appId) => {
    const expected = { status: 400, errorCode: 'ERR_WORKFLOW_APP_ID_INVALID' }
    expect(await refused('POST', `${dapr}/order/start?appID=${enc(appId)}`)).toEqual(expected)
    expect(await refused('GET', `${dapr}/i1?appID=${enc(appId)}`)).toEqual(expected)
    expect(await refused('POST', `${dapr}/i1/purge?appID=${enc(appId)}`)).toEqual(expected)
  })
})

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const ofBytes = (bytes: number) => 'x'.repeat(bytes)

describe('bodies', () => {
  const tooLarge = { status: 413, errorCode: 'PAYLOAD_TOO_LARGE' }
  const tooDeep = { status: 400, errorCode: 'PAYLOAD_TOO_DEEP' }

  test.each([
    ['10 MB', ofBytes(10_000_000), tooLarge],
    ['one byte above the limit', ofBytes(limits.payloadBytes + 1), tooLarge],
    ['few characters with many bytes', '€'.repeat(limits.payloadBytes / 3 + 1), tooLarge],
    ['100,000 levels', deep(100_000), tooDeep],
    ['129 levels', deep(129), tooDeep],
    ['100,000 levels that never close', '{"a":'.repeat(100_000), tooDeep],
    ['a byte that is no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), malformed],
    ['half a character', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), malformed],
    ['an overlong NUL', Uint8Array.of(0xc0, 0x80), malformed],
    ['a character that breaks off', Uint8Array.of(0xe2, 0x82), malformed],
    ['NUL', '"\0"', malformed],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0), malformed],
  ])('%s', async (_title, body, expected) => {
    for (const path of [
      'order/start?instanceID=i1',
      'i1/raiseEvent/go',
      'i1/pause',
      'i1/terminate',
      'i1/purge',
    ]) {
      expect(await refused('POST', `${dapr}/${path}`, { body })).toEqual(expected)
    }
  })

  test.each([
    ['exactly the limit', ofBytes(limits.payloadBytes)],
    ['128 levels', deep(128)],
    ['brackets in a text', JSON.stringify('['.repeat(1_000))],
    ['an escaped half of a character', String.raw`"\ud800"`],
    ['half a megabyte of digits', '9'.repeat(500_000)],
  ])('%s is taken', async (_title, body) => {
    const { fake, post } = testApi()
    expect((await post(`${dapr}/order/start?instanceID=i1`, body)).status).toBe(202)
    expect(fake.calls[0]?.[1]).toMatchObject({ input: body })
  })

  test('of unknown length are read no further than the limit', async () => {
    let sent = 0
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(0x78))
      },
      cancel() {
        cancelled = true
      },
    })
    expect(await refused('POST', `${dapr}/order/start`, { body: endless })).toEqual(tooLarge)
    expect(cancelled).toBe(true)
    expect(sent).toBeLessThan(limits.payloadBytes + 3 * 65_536)
  })

  test('that say they are too large are not read at all', async () => {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({ pull: () => void pulled++ }, { highWaterMark: 0 })
    const headers = { 'content-length': String(limits.payloadBytes + 1) }
    expect(await refused('POST', `${dapr}/order/start`, { body, headers })).toEqual(tooLarge)
    expect(pulled).toBe(0)
  })

  test('that break off are the fault of who sent them', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('reset')),
    })
    expect(await refused('POST', `${dapr}/order/start`, { body })).toEqual({
      status: 400,
      errorCode: 'ERR_BODY_READ',
    })
  })
})

describe('urls', () => {
  test('of 10,000 characters', async () => {
    const expected = { status: 414, errorCode: 'ERR_URI_TOO_LONG' }
    expect(await refused('GET', `${dapr}/${'x'.repeat(10_000)}`)).toEqual(expected)
    expect(await refused('POST', `${dapr}/order/start?${'a=b&'.repeat(2_500)}`)).toEqual(expected)
  })

  test('with the longest id and event name are short enough', async () => {
    const { post } = testApi()
    const id = enc('編'.repeat(limits.childInstanceIdCharacters))
    const name = enc('編'.repeat(limits.nameCharacters))
    expect((await post(`/v1.0-alpha1/workflows/dapr/${id}/raiseEvent/${name}?appID=my-app`)).status).toBe(404)
  })

  test('with a parameter twice: the first counts, as in Dapr', async () => {
    const { post } = testApi()
    expect((await post(`${dapr}/order/start?instanceID=a&instanceID=b&__proto__=c`)).json).toEqual({
      instanceID: 'a',
    })
  })
})
