// The lines of docs/deploy.md that call the API, run as they stand. The door here checks signatures as AWS documents them, and then hands
// the request to the function, in the shape that an HTTP API gives it.

import { execFile } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { apiHandler } from '../../src/http/lambda.ts'
import { contextWith, createWorld, type World } from '../aws/lambda/support.ts'

const secret = 'secret'

/** The block of the document that defines `signed`. */
function script(): string {
  const blocks = [...readFileSync('docs/deploy.md', 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)]
  const [, found] = blocks.find(([, text = '']) => text.includes('signed() {')) ?? []
  if (found === undefined) throw new Error('The document calls no API.')
  return found
}

/** An HTTP API for signed requests. @returns its address */
async function openDoor({ backend }: World): Promise<string> {
  const handler = apiHandler({ backend })
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await read(incoming)
      if (!isSigned(incoming, body)) return outgoing.writeHead(403).end('{"message":"Forbidden"}')
      const { pathname, search } = new URL(incoming.url ?? '', 'http://localhost')
      const event = {
        rawPath: decodeURIComponent(pathname),
        rawQueryString: search.slice(1),
        headers: incoming.headers as Readonly<Record<string, string>>,
        requestContext: { http: { method: incoming.method ?? '' } },
        ...(body !== '' && { body }),
        isBase64Encoded: false,
      }
      const { statusCode, headers, body: answer } = await handler(event, contextWith(1_100))
      return outgoing.writeHead(statusCode, headers).end(answer)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function read(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Signature Version 4, for paths without escapes. */
function isSigned({ method, url = '', headers }: IncomingMessage, body: string): boolean {
  const pattern =
    /Credential=[^/]+\/((\d+)\/([^/]+)\/([^/]+)\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=(\w+)/
  const [, scope = '', date = '', region = '', service = '', names = '', signature] =
    pattern.exec(headers.authorization ?? '') ?? []
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const query = [...searchParams]
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .toSorted()
    .join('&')
  const signedHeaders = names.split(';').map((name) => `${name}:${String(headers[name])}`)
  const request = [method, pathname, query, ...signedHeaders, '', names, sha256(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(request)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>(
    (parent, part) => hmac(parent, part),
    Buffer.from(`AWS4${secret}`),
  )
  const isForHere = service === 'execute-api' && names.includes('x-amz-security-token')
  return isForHere && hmac(key, text).toString('hex') === signature
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

async function run(url: string, secretKey: string): Promise<string> {
  const credentials = {
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_SESSION_TOKEN: 'token',
  }
  const env = { PATH: process.env['PATH'], url, ...credentials }
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script()], { env })
  return stdout
}

test('the lines of the document start a workflow, and show it', async () => {
  const world = createWorld()
  const output = await run(await openDoor(world), secret)
  expect(output).toMatch(
    /^\{"instanceID":"12345678"\}\{"instanceID":"12345678","workflowName":"OrderProcessingWorkflow"/,
  )
  expect(await world.memory.store.getInstance('12345678')).toMatchObject({
    input: '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}',
  })
})

test('with another key they do not', async () => {
  const world = createWorld()
  expect(await run(await openDoor(world), 'wrong')).toContain('Forbidden')
  expect(await world.memory.store.getInstance('12345678')).toBeUndefined()
})
