// DynamoDB speaks JSON 1.0, as SQS does: the operation in a header, errors by a type in the body. A refused condition shows its item.

import type { Protocol } from '../request-handler.ts'
import { ServiceError } from '../service-error.ts'
import { ConditionFailed } from './errors.ts'

const headers = { 'content-type': 'application/x-amz-json-1.0' }

export const dynamoProtocol: Protocol = {
  parse({ headers: given, body }) {
    const [, operation = ''] = (given['x-amz-target'] ?? '').split('.')
    return { service: 'dynamodb', operation, input: JSON.parse(body || '{}') as unknown }
  },

  answer: (_, output) => ({ status: 200, headers, body: JSON.stringify(output ?? {}) }),

  refuse(error) {
    const { code, message, status } = error
    const item = error instanceof ConditionFailed && error.item ? { Item: error.item } : {}
    const body = { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message, ...item }
    return { status, headers, body: JSON.stringify(body) }
  },

  throttling: new ServiceError(
    'ProvisionedThroughputExceededException',
    'The level of configured provisioned throughput for the table was exceeded.',
  ),
}
