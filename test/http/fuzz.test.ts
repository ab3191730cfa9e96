// Requests nobody would write, some thousand of them: whatever comes, the answer is below 500, is JSON, and shows nothing of the inside.
// TENUTO_SEED repeats or varies a run.

import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { serve } from '../../src/http/server.ts'
import { exchange, parseAnswer } from './sockets.ts'
import { origin, testApi } from './support.ts'

const seed = Number(process.env['TENUTO_SEED'] ?? 20_260_131)

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '__proto__',
    'constructor',
    '%2F',
    '%00',
    '%',
    '%zz',
    '%ED%A0%80',
    'x'.repeat(600),
    '\\',
    '#',
    '?',
  ),
)
const segment = fc.oneof(
  hostileText.map((text) => encodeURIComponent(text.toWellFormed())),
  hostileText.map((text) => text.toWellFormed().replaceAll(/[\s#?/]/g, '-')),
  fc.constantFrom(
    'i1',
    'order',
    'dapr',
    'start',
    'pause',
    'resume',
    'terminate',
    'purge',
    'raiseEvent',
    'workflows',
    'metadata',
  ),
)
const seldom = <T>(rare: fc.Arbitrary<T>) => fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, rare)
const often = <T>(...values: readonly T[]) => ({ weight: 4, arbitrary: fc.constantFrom(...values) })
const prefix = fc.oneof(often('/v1.0', '/v1.0-beta1', '/v1.0-alpha1'), fc.constantFrom('/v2.0', ''))
const instancePath = fc
  .tuple(prefix, fc.oneof(often('dapr'), segment), fc.oneof(often('i1', 'i2'), segment))
  .map(([version, component, id]) => `${version}/workflows/${component}/${id}`)
const commands = fc.constantFrom('start', 'pause', 'resume', 'terminate', 'purge', 'raiseEvent/go')
const path = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(instancePath, commands).map((parts) => parts.join('/')) },
  {
    weight: 2,
    arbitrary: fc.tuple(instancePath, segment).map(([base, name]) => `${base}/raiseEvent/${name}`),
  },
  { weight: 2, arbitrary: instancePath },
  { weight: 1, arbitrary: fc.array(segment, { maxLength: 8 }).map((all) => `/${all.join('/')}`) },
)
const parameter = fc.tuple(
  fc.constantFrom('instanceID', 'appID', 'until', 'since', 'startTime', 'reason', '__proto__', 'wait'),
  fc.oneof(segment, fc.constantFrom('0', '-1', '99', 'start', 'x', '2030-01-01T00:00:00Z')),
)
const query = fc.array(parameter, { maxLength: 4 }).map((all) => all.map((pair) => pair.join('=')).join('&'))
const body = fc.oneof(
  fc.constant(undefined),
  fc.json({ maxDepth: 4 }),
  hostileText,
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Uint8Array.from(bytes)),
  fc.integer({ min: 1, max: 100_000 }).map((levels) => '{"a":'.repeat(levels)),
  fc
    .record({ reason: fc.anything(), output: fc.anything() })
    .map((members) =>
      JSON.stringify(members, (_key, value: unknown) => (typeof value === 'bigint' ? 1 : value)),
    ),
)
const headers = fc
  .record(
    {
      'idempotency-key': fc.oneof(fc.string({ maxLength: 300 }), fc.uuid()),
      'content-type': fc.string({ maxLength: 30 }),
      'content-length': fc.constantFrom('-5', 'x', '0', '5', '4000000', '99999999'),
      'content-encoding': fc.constantFrom('gzip', 'x'),
      accept: fc.string({ maxLength: 30 }),
    },
    { requiredKeys: [] },
  )
  .chain((usual) =>
    fc.oneof(
      { weight: 18, arbitrary: fc.constant(usual) },
      fc.record({ origin: fc.string({ maxLength: 40 }) }).map((more) => ({ ...usual, ...more })),
      fc
        .record({ 'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', '', 'x') })
        .map((more) => ({ ...usual, ...more })),
    ),
  )
const otherMethod = fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE')
/** Mostly the method that the path is for. */
const target = fc
  .tuple(path, seldom(otherMethod))
  .map(([where, other]) => [other ?? (where.split('/').length > 5 ? 'POST' : 'GET'), where] as const)

function expectHarmless(status: number, text: string): void {
  expect(status).toBeGreaterThanOrEqual(200)
  expect(status).toBeLessThan(500)
  expect(text === '' ? {} : JSON.parse(text)).toBeTypeOf('object')
  expect(text).not.toMatch(/\bat .+:\d+:\d+|node:internal|\/src\//)
}

test(`3,000 structured requests (seed ${seed})`, async () => {
  const { api, fake, logger, post } = testApi()
  await fc.assert(
    fc.asyncProperty(target, query, headers, body, async ([verb, where], search, given, content) => {
      await post('/v1.0/workflows/dapr/order/start?instanceID=i1')
      const hasBody = content !== undefined && verb !== 'GET' && verb !== 'HEAD'
      const init = { method: verb, headers: given, ...(hasBody && { body: content }) }
      const response = await api(
        new Request(`${origin}${where}?${search.replaceAll('wait=', 'wait=0.00')}`, init),
      )
      expectHarmless(response.status, await response.text())
    }),
    { numRuns: 3_000, seed, endOnFailure: true },
  )
  expect(logger.lines).toEqual([])
  expect(fake.waiting).toEqual([])
})

test(`600 raw requests (seed ${seed})`, async () => {
  const { api, logger } = testApi()
  const server = await serve(api, { port: 0 })
  const line = fc
    .tuple(
      target,
      seldom(fc.string({ maxLength: 8 })),
      seldom(fc.string({ unit: 'binary', maxLength: 60 })),
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom('HTTP/1.1', 'HTTP/1.0') },
        fc.constantFrom('HTTP/9', ''),
      ),
    )
    .map(([[verb, where], otherVerb, other, version]) =>
      [otherVerb ?? verb, other ?? toAscii(where), version].join(' '),
    )
  const rawHeader = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom(
        'Content-Length: 5',
        'Content-Length: 99999999999',
        'Transfer-Encoding: chunked',
        'Expect: 100-continue',
        'Connection: keep-alive',
        'Upgrade: h2c',
        'Idempotency-Key: k',
        'Host: evil.example',
      ),
    },
    fc
      .tuple(fc.string({ maxLength: 10 }), fc.string({ unit: 'binary', maxLength: 20 }))
      .map((pair) => pair.join(':')),
  )
  const structured = fc
    .tuple(
      line,
      fc.array(rawHeader, { maxLength: 1 }),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.nat(9),
    )
    .map(([first, more, content, luck]) => {
      const length = luck === 0 ? [] : [`Content-Length: ${Buffer.byteLength(content)}`]
      return Buffer.from(
        [first, 'Host: localhost', 'Connection: close', ...length, ...more, '', content].join('\r\n'),
      )
    })
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
  try {
    await fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: structured }, noise), async (bytes) => {
        const text = await exchange(server.port, bytes, 50)
        // Nothing at all is the answer to what is not yet a request.
        if (text === '') return
        const answer = parseAnswer(text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ''))
        expectHarmless(
          answer.status,
          answer.headers['transfer-encoding']
            ? ''
            : answer.body.slice(0, Number(answer.headers['content-length'] ?? 0)),
        )
      }),
      { numRuns: 600, seed, endOnFailure: true },
    )
    expect(logger.lines).toEqual([])
    expect((await fetch(`${server.url}/v1.0/metadata`)).status).toBe(200)
  } finally {
    await server.close()
  }
})

/** What a request line may carry; everything else the parser refuses before anybody looks at it. */
function toAscii(text: string): string {
  return text.replaceAll(/[^!-~]/g, '-')
}
