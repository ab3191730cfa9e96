// The bucket `blobs`, in memory: what three operations of S3 need, behind the real client.

import { Readable } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'

interface Question {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly body?: Uint8Array | string
}

export interface Bucket {
  readonly client: S3Client
  /** By path: `/blobs/` and the key. */
  readonly objects: ReadonlyMap<string, Uint8Array>
}

/** @param refusal an error code that is the answer to everything */
export function openBucket(refusal?: string): Bucket {
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
  return { objects, client }
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
