// A DynamoDB in this process, on the clock of its world: what happens on it happens in the same order every time.

import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createTableInput } from '../../src/aws/dynamodb/index.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import { createDynamoStandIn } from '../../src/stand-ins/index.ts'
import type { Database } from './in-process.ts'

/** Nobody looks at signatures, and to make them takes longer than to answer. */
const unsigned = { signer: { sign: async <T>(request: T): Promise<T> => request } }

export function standInDatabase(clock: Clock): Database {
  const { clientConfig } = createDynamoStandIn({ clock })
  const client: Database['client'] = (config) =>
    new DynamoDBClient({ ...clientConfig, ...unsigned, ...config })
  let tables = 0
  return {
    client,
    async createTable() {
      const tableName = `table-${++tables}`
      await client().send(new CreateTableCommand(createTableInput(tableName)))
      return tableName
    },
  }
}
