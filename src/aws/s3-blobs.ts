// `tenuto/aws/s3`: large payloads in a bucket. An entry of its own, because most functions need no client of S3, and should not load one.

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { TenutoError } from '../workflow/errors.ts'
import type { BlobStore } from './blobs.ts'

export type { BlobStore } from './blobs.ts'

export interface S3BlobOptions {
  /** It repeats what fails for a while; give its requests an end, well before that of the functions. */
  readonly client: Pick<S3Client, 'send'>
  readonly bucket: string
  /** Put before every key. Default: none. */
  readonly prefix?: string
}

const deletedAtOnce = 1_000

/**
 * Keeps payloads as objects, named by instance, life and a random id; none is ever overwritten. They are there before whatever refers to
 * them, and are deleted after it: with their instance when it is purged, replaced or trimmed, an event's when it has been consumed.
 * What a host left behind that died in between, and what belongs to an instance that expired from the table, stays: a lifecycle rule may
 * delete it once it is older than any instance lives.
 * @throws TenutoError `STORAGE_FAILED`, from each method, for what S3 refuses
 */
export function createS3Blobs({ client, bucket, prefix = '' }: S3BlobOptions): BlobStore {
  const keyOf = (key: string): string => `${prefix}${key}`
  return {
    async put(key, bytes) {
      await attempt('write', key, () =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(key), Body: bytes })),
      )
    },
    async get(key) {
      return attempt('read', key, async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(key) }))
          return await Body?.transformToByteArray()
        } catch (error) {
          if (error instanceof NoSuchKey) return undefined
          throw error
        }
      })
    },
    async remove(keys) {
      for (let at = 0; at < keys.length; at += deletedAtOnce) {
        const some = keys.slice(at, at + deletedAtOnce)
        const Delete = { Objects: some.map((key) => ({ Key: keyOf(key) })), Quiet: true }
        await attempt('remove', some.join(', '), async () => {
          const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }))
          if (Errors[0]) throw new Error(`${Errors[0].Code}: ${Errors[0].Message}`)
        })
      }
    },
  }
}

/** The client repeats what may succeed later. */
async function attempt<T>(doing: string, key: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new TenutoError('STORAGE_FAILED', `Could not ${doing} blob ${key.slice(0, 200)}: ${reason}`, {
      cause: error,
    })
  }
}
