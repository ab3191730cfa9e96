// The two curl commands of the specification, letter for letter, against the example server.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServerProcess } from '../../examples/demo/server-process.ts'
import { createHttpClient } from '../../src/client/index.ts'
import { withDataDir } from './main-process.ts'

const start = `curl -X POST http://localhost:3500/v1.0-beta1/workflows/dapr/OrderProcessingWorkflow/start?instanceID=12345678 -d '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}'`
const query = `curl http://localhost:3500/v1.0-beta1/workflows/dapr/12345678`

test('start and status as the specification writes them', async () => {
  await withDataDir(async (dataDir) => {
    const server = await startServerProcess({ dataDir, port: 0 })
    // Port 3500 may be taken on this machine: the settings of curl lead it to ours.
    writeFileSync(
      join(dataDir, '.curlrc'),
      `silent\nconnect-to = "localhost:3500:${new URL(server.url).host}"\n`,
    )
    const env = { PATH: process.env['PATH'], CURL_HOME: dataDir, NO_PROXY: '*' }
    const shell = (line: string): unknown =>
      JSON.parse(execFileSync('sh', ['-c', line], { env, encoding: 'utf8' }))
    try {
      expect(shell(start)).toEqual({ instanceID: '12345678' })
      await createHttpClient(server.url).waitForWorkflowCompletion('12345678')
      expect(shell(query)).toEqual({
        instanceID: '12345678',
        workflowName: 'OrderProcessingWorkflow',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/) as string,
        lastUpdatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/) as string,
        runtimeStatus: 'COMPLETED',
        properties: {
          'dapr.workflow.custom_status': '',
          'dapr.workflow.input': '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}',
          'dapr.workflow.output': '{"Processed":true}',
        },
      })
    } finally {
      expect(await server.stop()).toBe(0)
    }
  })
})
