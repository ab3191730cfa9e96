// Blobs in S3, through the real client and a bucket in memory.

import { Readable } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { createS3Blobs } from '../../../src/aws/s3-blobs.ts'

interface Question {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly body?: Uint8Array | string
}

test('a blob comes back as it was put, and is gone when it is removed', async () => {
  const { blobs, objects } = open()
  const bytes = Uint8Array.from({ length: 300 }, (_, at) => at % 256)
  await blobs.put('order-1/life/ü %23', bytes)
  await blobs.put('order-1/life/b', bytes)
  expect([...objects.keys()]).toHaveLength(2)
  expect(await blobs.get('order-1/life/ü %23')).toEqual(bytes)
  expect(await blobs.get('order-1/life/unknown')).toBeUndefined()
  await blobs.remove(['order-1/life/ü %23', 'order-1/life/unknown'])
  expect(await blobs.get('order-1/life/ü %23')).toBeUndefined()
  expect(await blobs.get('order-1/life/b')).toEqual(bytes)
})

test('what S3 refuses is reported with a code', async () => {
  const { blobs } = open('AccessDenied')
  await expect(blobs.put('a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  await expect(blobs.get('a')).rejects.toThrow('AccessDenied')
  await expect(blobs.remove(['a'])).rejects.toThrow('AccessDenied')
})

/** A bucket that does what the three operations need. */
function open(refusal?: string) {
  const objects = new Map<string, Uint8Array>()
  const handle = async ({ method, path, query, body = '' }: Question) => {
    const key = decodeURIComponent(path)
    if (refusal !== undefined) return xml(403, error(refusal))
    if (method === 'PUT') {
      objects.set(key, Buffer.from(body))
      return xml(200, '')
    }
    if (method === 'POST' && 'delete' in query) {
      for (const [, name = ''] of Buffer.from(body)
        .toString()
        .matchAll(/<Key>(.*?)<\/Key>/g))
        objects.delete(`/blobs/${name}`)
      return xml(200, '<DeleteResult/>')
    }
    const found = objects.get(key)
    return found
      ? { response: { statusCode: 200, headers: {}, body: Readable.from([found]) } }
      : xml(404, error('NoSuchKey'))
  }
  const client = new S3Client({
    region: 'eu-test-1',
    endpoint: 'http://s3.test',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: { handle, destroy() {} } as never,
  })
  return { objects, blobs: createS3Blobs({ client, bucket: 'blobs', prefix: 'tenuto/' }) }
}

function error(code: string): string {
  return `<Error><Code>${code}</Code><Message>injected</Message></Error>`
}

function xml(statusCode: number, body: string) {
  return {
    response: {
      statusCode,
      headers: { 'content-type': 'application/xml' },
      body: Readable.from([Buffer.from(body)]),
    },
  }
}
