// Requests nobody would write, some thousand of them: whatever comes, the answer is below 500, is JSON, and shows nothing of the inside.
// TENUTO_SEED repeats or varies a run.
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
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
const prefix = fc.constantFrom('/v1.0', '/v1.0-beta1', '/v1.0-alpha1', '/v2.0', '')
const instancePath = fc
  .tuple(prefix, segment, segment)
  .map(([version, component, id]) => `${version}/workflows/${component}/${id}`)
const path = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(instancePath, fc.constantFrom('start', 'pause', 'resume', 'terminate', 'purge'))
      .map((parts) => parts.join('/')),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(instancePath, segment).map(([base, name]) => `${base}/raiseEvent/${name}`),
  },
  { weight: 3, arbitrary: instancePath },
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
const headers = fc.dictionary(
  fc.constantFrom(
    'idempotency-key',
    'content-type',
    'content-length',
    'sec-fetch-site',
    'origin',
    'content-encoding',
    'accept',
  ),
  fc.oneof(fc.string({ maxLength: 300 }), fc.constantFrom('same-origin', 'gzip', '-5', '1e9')),
)
const method = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('POST', 'GET') },
  { weight: 1, arbitrary: fc.constantFrom('HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE') },
)

function expectHarmless(status: number, text: string): void {
  expect(status).toBeGreaterThanOrEqual(200)
  expect(status).toBeLessThan(500)
  if (text !== '') expect(JSON.parse(text)).toBeTypeOf('object')
  expect(text).not.toMatch(/\bat .+:\d+:\d+|node:internal|\/src\//)
}

test(`3,000 structured requests (seed ${seed})`, async () => {
  const { api, fake, logger, post } = testApi()
  await post('/v1.0/workflows/dapr/order/start?instanceID=i1')
  await fc.assert(
    fc.asyncProperty(method, path, query, headers, body, async (verb, where, search, given, content) => {
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
  const line = fc.tuple(
    fc.oneof(method, fc.string({ maxLength: 8 })),
    fc.oneof(path, fc.string({ unit: 'binary', maxLength: 60 })),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/9', 'http/1.1', ''),
  )
  const rawHeader = fc.oneof(
    fc.constantFrom(
      'Host: localhost',
      'Host: evil.example',
      'Content-Length: 5',
      'Content-Length: 99999999999',
      'Transfer-Encoding: chunked',
      'Expect: 100-continue',
      'Connection: keep-alive',
      'Upgrade: h2c',
      'X: \0',
    ),
    fc
      .tuple(fc.string({ maxLength: 10 }), fc.string({ unit: 'binary', maxLength: 20 }))
      .map((pair) => pair.join(':')),
  )
  const structured = fc
    .tuple(line, fc.array(rawHeader, { maxLength: 5 }), fc.string({ unit: 'binary', maxLength: 20 }))
    .map(([first, rest, content]) =>
      Buffer.from([first.join(' '), ...rest, 'Connection: close', '', content].join('\r\n')),
    )
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
