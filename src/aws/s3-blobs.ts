// Blobs in S3.

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { TenutoError } from '../workflow/errors.ts'
import type { BlobStore } from './blobs.ts'

export interface S3BlobOptions {
  readonly client: Pick<S3Client, 'send'>
  readonly bucket: string
  /** Put before every key. */
  readonly prefix?: string
}

const deletedAtOnce = 1_000

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
