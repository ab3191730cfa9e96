// SQS speaks JSON 1.0: the operation in a header, input and output as JSON, errors by a type in the body.

import type { Protocol } from '../request-handler.ts'
import { legacyCode, sqsError } from './errors.ts'

const contentType = 'application/x-amz-json-1.0'

export const sqsProtocol: Protocol = {
  parse({ headers, body }) {
    const [, operation = ''] = (headers['x-amz-target'] ?? '').split('.')
    return { service: 'sqs', operation, input: JSON.parse(body || '{}') as unknown }
  },

  answer: (_, output) => ({
    status: 200,
    headers: { 'content-type': contentType },
    body: JSON.stringify(output ?? {}),
  }),

  refuse: ({ code, message, status, isSendersFault }) => ({
    status,
    headers: {
      'content-type': contentType,
      'x-amzn-query-error': `${legacyCode(code)};${isSendersFault ? 'Sender' : 'Receiver'}`,
    },
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message }),
  }),

  throttling: sqsError('RequestThrottled', 'The request was denied due to request throttling.'),
}
