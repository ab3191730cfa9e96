// The API on a socket.

import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { readAnswers } from '../../scripts/fuzz/answers.ts'
import type { HttpHandler } from '../../src/http/api.ts'
import { type HttpServer, serve, type ServeOptions } from '../../src/http/server.ts'
import { limits } from '../../src/workflow/limits.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { collect, exchange, open, parseAnswer, rawRequest } from './sockets.ts'
import { testApi } from './support.ts'

const dapr = '/v1.0-beta1/workflows/dapr'
const servers: HttpServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map(async (server) => server.close()))
})

async function listen(handler: HttpHandler, options: Partial<ServeOptions> = {}): Promise<HttpServer> {
  const server = await serve(handler, { port: 0, ...options })
  servers.push(server)
  return server
}

async function listenApi(options: Partial<ServeOptions> = {}) {
  const opened = testApi()
  return { ...opened, ...(await listen(opened.api, options)) }
}

describe('the two requests of the specification', () => {
  // curl -i -X POST 'http://localhost:3500/v1.0-beta1/workflows/dapr/OrderProcessingWorkflow/start?instanceID=12345678' \
  //   -d '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}'
  const order = '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}'
  const curl = ['Host: localhost:3500', 'User-Agent: curl/8.7.1', 'Accept: */*']

  test('start and status are answered as the specification shows', async () => {
    const { port } = await listenApi()
    const started = parseAnswer(
      await exchange(
        port,
        [
          'POST /v1.0-beta1/workflows/dapr/OrderProcessingWorkflow/start?instanceID=12345678 HTTP/1.1',
          ...curl,
          `Content-Length: ${order.length}`,
          'Content-Type: application/x-www-form-urlencoded',
          'Connection: close',
          '',
          order,
        ].join('\r\n'),
      ),
    )
    expect([started.status, started.body]).toEqual([202, '{"instanceID":"12345678"}'])
    expect(started.headers).toMatchObject({
      'content-type': 'application/json',
      location: '/v1.0-beta1/workflows/dapr/12345678',
    })
    // curl http://localhost:3500/v1.0-beta1/workflows/dapr/12345678
    const status = parseAnswer(
      await exchange(
        port,
        ['GET /v1.0-beta1/workflows/dapr/12345678 HTTP/1.1', ...curl, 'Connection: close', '', ''].join(
          '\r\n',
        ),
      ),
    )
    expect(status.status).toBe(200)
    expect(JSON.parse(status.body)).toEqual({
      instanceID: '12345678',
      workflowName: 'OrderProcessingWorkflow',
      createdAt: '2026-01-01T00:00:00.001Z',
      lastUpdatedAt: '2026-01-01T00:00:00.001Z',
      runtimeStatus: 'PENDING',
      properties: { 'dapr.workflow.custom_status': '', 'dapr.workflow.input': order },
    })
  })
})

describe('what cannot be read as HTTP', () => {
  test.each([
    ['noise', 'hello\r\n\r\n', 400],
    ['a method that does not exist', 'FROBNICATE / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['another protocol', 'GET / SPDY/3\r\n\r\n', 400],
    ['no host', 'GET /v1.0/metadata HTTP/1.1\r\n\r\n', 400],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n', 400],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a length below zero', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', 400],
    ['UTF-8 that nobody escaped', `GET ${dapr}/bücher HTTP/1.1\r\nHost: localhost\r\n\r\n`, 400],
    ['a space in the path', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['headers of 100 KB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    ['a path of 100 KB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    [
      'a path of 10 KB',
      `GET /${'x'.repeat(10_000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      414,
    ],
    [
      'a chunk of no size',
      `POST ${dapr}/o/start HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n', 405],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 405],
    ['a target that is no path', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
    ['a fragment', `GET ${dapr}/i1#x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 400],
  ])('%s is answered, and the connection closed', async (_title, bytes, status) => {
    const { port, fake } = await listenApi()
    expect(parseAnswer(await exchange(port, bytes)).status).toBe(status)
    expect(fake.calls).toEqual([])
  })

  test('a request without a host is refused with a code, as everything else', async () => {
    const { port } = await listenApi()
    const { body } = parseAnswer(await exchange(port, 'GET /v1.0/metadata HTTP/1.1\r\n\r\n'))
    expect(JSON.parse(body)).toMatchObject({ errorCode: 'ERR_MALFORMED_REQUEST' })
  })

  test('what a client expects besides 100-continue is passed over', async () => {
    const { port } = await listenApi()
    const { status, body } = await rawRequest(port, 'GET /v1.0/metadata HTTP/1.1', ['Expect: 200-ok'])
    expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ id: 'tenuto' })])
  })

  test('a request that waits to be told to go on does not come between the answers before it', async () => {
    const { promise: isSecondThere, resolve: secondIsThere } = Promise.withResolvers<void>()
    const { port } = await listen(async (request) => {
      const text = await request.text()
      if (text === 'second') secondIsThere()
      else await isSecondThere
      return new Response(text, { headers: { 'content-length': `${text.length}` } })
    })
    const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length'
    const second = `${head}: 6\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nsecond`
    const bytes = await exchange(port, `${head}: 5\r\n\r\nfirst${second}`)
    expect(readAnswers(Buffer.from(bytes)).map(({ status, body }) => [status, body])).toEqual([
      [200, 'first'],
      [200, 'second'],
    ])
  })

  test.each(['..', '.', '%2e%2e', '%2E', '.%2e'])('a path segment %s leads nowhere', async (dots) => {
    const { port, fake } = await listenApi()
    const answer = await rawRequest(port, `POST ${dapr}/i1/raiseEvent/${dots}/terminate HTTP/1.1`)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      400,
      expect.objectContaining({ errorCode: 'ERR_MALFORMED_REQUEST' }),
    ])
    expect((await rawRequest(port, `POST ${dapr}/i1/x/${dots} HTTP/1.1`)).status).toBe(400)
    expect(fake.calls).toEqual([])
  })

  test('a backslash is a character, not a slash', async () => {
    const { port, fake } = await listenApi()
    await rawRequest(port, String.raw`GET ${dapr}/a\pause HTTP/1.1`)
    expect(fake.calls).toEqual([['get', String.raw`a\pause`]])
  })

  test('a target with a host is understood', async () => {
    const { port, fake } = await listenApi()
    await rawRequest(port, `GET http://localhost:3500${dapr}/i1?wait=0 HTTP/1.1`)
    expect(fake.calls).toEqual([['get', 'i1']])
  })
})

describe('bodies', () => {
  test('come in pieces, with characters torn apart', async () => {
    const { port, fake } = await listenApi()
    const body = Buffer.from('{"name":"Überweisung 編"}')
    const socket = await open(port)
    socket.write(
      `POST ${dapr}/order/start?instanceID=i1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
    )
    for (const byte of body)
      socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]))
    socket.write('0\r\n\r\n')
    expect(parseAnswer(await collect(socket)).status).toBe(202)
    expect(fake.calls[0]?.[1]).toMatchObject({ input: body.toString() })
  })

  test('that are too large are refused before they are sent, and the next connection is served', async () => {
    const { port } = await listenApi()
    const head = 'Host: localhost\r\nConnection: close\r\nContent-Length: 9999999999'
    const answer = parseAnswer(await exchange(port, `POST ${dapr}/o/start HTTP/1.1\r\n${head}\r\n\r\n`))
    expect(answer.status).toBe(413)
    expect((await rawRequest(port, 'GET /v1.0/metadata HTTP/1.1')).status).toBe(200)
  })

  test('that never end are cut off, and the client sees why', async () => {
    const { url } = await listenApi()
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x78)),
    })
    const response = await fetch(`${url}${dapr}/order/start`, {
      method: 'POST',
      body: endless,
      duplex: 'half',
    })
    expect([response.status, await response.json()]).toEqual([
      413,
      expect.objectContaining({ errorCode: 'PAYLOAD_TOO_LARGE' }),
    ])
  })

  test('of 4 MB arrive whole, those of 10 MB do not, by fetch', async () => {
    const { url, fake } = await listenApi()
    const full = 'x'.repeat(limits.payloadBytes)
    const post = async (body: string) => fetch(`${url}${dapr}/order/start`, { method: 'POST', body })
    expect((await post(full)).status).toBe(202)
    expect((await post('x'.repeat(10_000_000))).status).toBe(413)
    expect(fake.calls).toHaveLength(1)
  })

  test('are asked for only when somebody reads them (Expect: 100-continue)', async () => {
    const { port } = await listenApi()
    const head = (length: number) =>
      `POST ${dapr}/order/start HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`
    expect(await exchange(port, head(9_999_999))).toMatch(/^HTTP\/1\.1 413 /)
    const socket = await open(port)
    socket.write(head(2))
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('{}')
    expect(parseAnswer(await collect(socket)).status).toBe(202)
  })

  test('that stop coming are given up', async () => {
    const { port } = await listenApi({ requestTimeoutMs: 50 })
    const socket = await open(port)
    socket.write(`POST ${dapr}/order/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n123`)
    expect(parseAnswer(await collect(socket, 10_000)).status).toBe(408)
  })
})

describe('hanging up', () => {
  test('ends the wait of a held request', async () => {
    const { port, fake } = await listenApi()
    await rawRequest(port, `POST ${dapr}/order/start?instanceID=i1 HTTP/1.1`)
    const socket = await open(port)
    socket.write(`GET ${dapr}/i1?wait=25 HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await fake.untilWaited('i1')
    const returned = fake.untilFree('i1')
    socket.destroy()
    await returned
    expect(fake.waiting).toEqual([])
  })

  test('in the middle of a body reaches nobody', async () => {
    const heard: unknown[] = []
    const { promise: settled, resolve } = Promise.withResolvers<void>()
    const { port } = await listen(async (request) => {
      await request.text().catch((error: unknown) => heard.push(error))
      resolve()
      return new Response('late')
    })
    const socket = await open(port)
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n123', () =>
      socket.destroy(),
    )
    await settled
    expect(heard).toHaveLength(1)
  })
})

describe('closing', () => {
  test('finishes the request in flight and takes no further one', async () => {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>()
    const { promise: work, resolve: finish } = Promise.withResolvers<void>()
    const server = await serve(
      async () => {
        enter()
        await work
        return new Response('done')
      },
      { port: 0 },
    )
    const answer = fetch(server.url)
    await entered
    const closed = server.close()
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
    finish()
    expect(await (await answer).text()).toBe('done')
    await closed
  })

  test('answers held requests at once', async () => {
    const { api, fake, post } = testApi()
    await post(`${dapr}/order/start?instanceID=i1`)
    const server = await serve(api, { port: 0 })
    const held = fetch(`${server.url}${dapr}/i1?wait=25`)
    await fake.untilWaited('i1')
    await server.close()
    expect((await held).status).toBe(200)
  })

  test('cuts off what does not finish in time', async () => {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>()
    const server = await serve(
      async () => {
        enter()
        return new Promise<Response>(() => {})
      },
      { port: 0, closeTimeoutMs: 20 },
    )
    const answer = fetch(server.url)
    answer.catch(() => {})
    await entered
    await server.close()
    await expect(answer).rejects.toThrow('fetch failed')
  })

  test('a connection that is kept alive does not hold it up', async () => {
    const { api } = testApi()
    const server = await serve(api, { port: 0 })
    const socket = await open(server.port)
    socket.write('GET /v1.0/metadata HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    await server.close()
    await once(socket.resume(), 'close')
    expect(socket.destroyed).toBe(true)
  })
})

describe('the server', () => {
  test('serves several requests on one connection, in order', async () => {
    const { port } = await listenApi()
    const get = (id: string, last: boolean) =>
      `GET ${dapr}/${id} HTTP/1.1\r\nHost: localhost\r\n${last ? 'Connection: close\r\n' : ''}\r\n`
    const text = await exchange(port, get('a', false) + get('b', false) + get('c', true))
    expect([...text.matchAll(/instance ID: (\w)/g)].map(([, id]) => id)).toEqual(['a', 'b', 'c'])
  })

  test('answers 500 for a handler that rejects, and goes on', async () => {
    const logger = recordingLogger()
    const { url } = await listen(
      async () => {
        throw new Error('secret')
      },
      { logger },
    )
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('secret')])
    expect(logger.lines).toHaveLength(1)
    expect((await fetch(url)).status).toBe(500)
  })

  test('streams the answer of a handler', async () => {
    const chunks = ['one ', 'two ', 'three']
    const { url } = await listen(
      async () => new Response(ReadableStream.from(chunks).pipeThrough(new TextEncoderStream())),
    )
    expect(await (await fetch(url)).text()).toBe('one two three')
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  test('says when the port is taken', async () => {
    const { port, api } = await listenApi()
    await expect(serve(api, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('on a loopback address answers to its own names alone', async () => {
    const { port } = await listenApi({ allowedHosts: ['dev.example'] })
    const asked = async (host: string) =>
      parseAnswer(
        await exchange(port, `GET /v1.0/metadata HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      ).status
    for (const host of [
      'localhost',
      'LOCALHOST:3500',
      'tenuto.localhost:80',
      '127.0.0.1:3500',
      '[::1]:3500',
      'dev.example',
    ]) {
      expect([host, await asked(host)]).toEqual([host, 200])
    }
    for (const host of [
      'evil.example',
      'evil.example:3500',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ]) {
      expect([host, await asked(host)]).toEqual([host, 403])
    }
  })

  test.each([
    ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['localhost', /^http:\/\/localhost:\d+$/],
    ['0.0.0.0', /^http:\/\/localhost:\d+$/],
  ])('on %s has a URL that leads to it', async (hostname, url) => {
    const server = await listenApi({ hostname })
    expect(server.url).toMatch(url)
    expect((await fetch(`${server.url}/v1.0/metadata`)).status).toBe(200)
  })

  test('on all addresses answers to any name', async () => {
    const { port } = await listenApi({ hostname: '0.0.0.0' })
    const answer = await exchange(
      port,
      'GET /v1.0/metadata HTTP/1.1\r\nHost: build-box\r\nConnection: close\r\n\r\n',
    )
    expect(parseAnswer(answer).status).toBe(200)
  })
})
