// The table, as data: what tests create, and what the template of the deployment must say too.

import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'

/** Attribute whose time, in seconds since the epoch, lets go of an item. */
export const ttlAttribute = 'ttl'

/**
 * Index of the rows by what they show and, within that, by age. Other items lack its keys, so that they cost nothing there. A status is
 * spread over partitions, because one of them takes 1,000 writes a second.
 */
export const listIndex = 'list'
export const listShards = 10

/** Attributes of a row that a list shows; payloads stay out. */
const listed = [
  'incarnation',
  'name',
  'status',
  'createdAt',
  'lastUpdatedAt',
  'startAt',
  'startDigest',
  'episode',
  'instanceId',
  'parent',
  'tags',
  ttlAttribute,
]

export const tableSchema = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'listKey', AttributeType: 'S' },
    { AttributeName: 'listOrder', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: listIndex,
      KeySchema: [
        { AttributeName: 'listKey', KeyType: 'HASH' },
        { AttributeName: 'listOrder', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: listed },
    },
  ],
} satisfies Omit<CreateTableCommandInput, 'TableName'>

/** TTL is a setting of its own: `UpdateTimeToLive` with `ttlAttribute`. */
export function createTableInput(tableName: string): CreateTableCommandInput {
  return { TableName: tableName, ...tableSchema }
}
