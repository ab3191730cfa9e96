// What the suite says of payloads, on the AWS backend with a bucket, in which nearly all of them lie.

import { expect, test } from 'vitest'
import { createS3Blobs } from '../../src/aws/s3-blobs.ts'
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import { openBucket } from '../aws/bucket.ts'
import { noise } from '../aws/dynamodb/noise.ts'
import { describeWithDynoxide } from '../support/dynoxide.ts'
import { awsHosts } from './aws-host.ts'
import { opener } from './bench.ts'
import { purgeCases } from './cases/lives.ts'
import { payloadCases } from './cases/payloads.ts'

async function double(_: ActivityContext, text: string): Promise<string> {
  return text + text
}

async function travelling(ctx: WorkflowContext, text: string): Promise<string> {
  const doubled = await ctx.callActivity(double, text)
  return doubled + (await ctx.waitForExternalEvent<string>('more'))
}

describeWithDynoxide('AWS with a bucket', (dynoxide) => {
  const { client, objects } = openBucket()
  const store = createS3Blobs({ client, bucket: 'blobs' })
  // Whatever is compressed, which is all above some hundreds of bytes.
  const open = opener(awsHosts(dynoxide, undefined, { store, fromBytes: 1 }))

  test.each(Object.entries({ ...payloadCases, ...purgeCases }))('%s', async (_title, run) => {
    expect.hasAssertions()
    await run(open)
  })

  test('inputs, outcomes and events of megabytes lie in the bucket until their instance is purged', async () => {
    const bench = await open({ workflows: { travelling }, activities: { double } })
    const before = objects.size
    const text = JSON.parse(noise(500_000)) as string
    const id = await bench.start('travelling', text)
    await bench.raise(id, 'more', text)
    expect((await bench.ended(id)).output).toBe(text + text + text)
    expect(objects.size - before).toBeGreaterThanOrEqual(4)
    await bench.host.pass(bench.management.purge(id))
    expect(objects.size).toBe(before)
  })
})
