// Blobs in S3, through the real client and a bucket in memory.

import { expect, test } from 'vitest'
import { createS3Blobs } from '../../../src/aws/s3-blobs.ts'
import { openBucket } from '../bucket.ts'

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

function open(refusal?: string) {
  const { client, objects } = openBucket(refusal)
  return { objects, blobs: createS3Blobs({ client, bucket: 'blobs', prefix: 'tenuto/' }) }
}
