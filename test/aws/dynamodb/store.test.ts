// The contract of every store, kept by this one.

import { afterAll, beforeAll } from 'vitest'
import { createDynamoStore } from '../../../src/aws/dynamodb/index.ts'
import { silentLogger } from '../../../src/workflow/logger.ts'
import { describeStore } from '../../conformance/store.suite.ts'
import { currentServer, describeOnTables, type TableServer } from '../../support/dynoxide.ts'
import { testClock } from './harness.ts'

describeOnTables('DynamoDB', () => {
  const start = currentServer()
  let server: TableServer | undefined
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server?.close())

  describeStore('DynamoDB', async () => {
    if (!server) throw new Error('no server')
    const client = server.client()
    const tableName = await server.createTable()
    return {
      store: createDynamoStore({ client, tableName, clock: testClock(), logger: silentLogger }),
      close: async () => client.destroy(),
    }
  })
})
