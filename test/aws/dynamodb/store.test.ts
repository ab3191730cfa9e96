// The contract of every store, kept by this one.

import { afterAll, beforeAll } from 'vitest'
import { type Dynoxide, startDynoxide } from '../../../scripts/stack/dynoxide.ts'
import { createDynamoStore } from '../../../src/aws/dynamodb/index.ts'
import { silentLogger } from '../../../src/workflow/logger.ts'
import { describeStore } from '../../conformance/store.suite.ts'
import { describeOnDynoxide } from '../../support/dynoxide.ts'
import { testClock } from './harness.ts'

describeOnDynoxide('DynamoDB', () => {
  let server: Dynoxide
  beforeAll(async () => {
    server = await startDynoxide()
  })
  afterAll(() => server.close())

  describeStore('DynamoDB', async () => {
    const client = server.client()
    const tableName = await server.createTable()
    return {
      store: createDynamoStore({ client, tableName, clock: testClock(), logger: silentLogger }),
      close: async () => client.destroy(),
    }
  })
})
