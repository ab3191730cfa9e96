// A queue of an SQS that is elsewhere, as the event source mapping polls it: by long polling, through the client.

import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Clock } from '../../src/runtime/ports.ts'
import type { PolledQueue } from '../../src/stand-ins/index.ts'
import type { Logger } from '../../src/workflow/logger.ts'

export interface RemoteQueueOptions {
  readonly client: SQSClient
  readonly url: string
  readonly clock: Clock
  readonly logger: Logger
}

/** Between two requests of which the first failed. */
const pauseMs = 1_000
const longestPollMs = 20_000

export async function openRemoteQueue(options: RemoteQueueOptions): Promise<PolledQueue> {
  const { client, url, clock, logger } = options
  const { Attributes: attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn', 'VisibilityTimeout'] }),
  )
  const arn = attributes['QueueArn'] ?? ''
  const [, , , region = '', , name = ''] = arn.split(':')
  return {
    identity: { name, arn, url, region },
    isFifo: name.endsWith('.fifo'),
    configuration: { settings: { visibilityMs: Number(attributes['VisibilityTimeout'] ?? 30) * 1000 } },

    /** Nothing, when there is nothing or the request failed: whoever polls asks again. */
    async receive({ count = 1, waitMs = 0, visibilityMs, signal } = {}) {
      const command = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: count,
        WaitTimeSeconds: Math.min(waitMs, longestPollMs) / 1000,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
        ...(visibilityMs !== undefined && { VisibilityTimeout: visibilityMs / 1000 }),
      })
      try {
        const { Messages: messages = [] } = await client.send(command, signal && { abortSignal: signal })
        return messages.map(toReceived)
      } catch (error) {
        if (signal?.aborted) return []
        logger.warn(`${name} could not be asked for messages`, { error })
        await clock.sleep(pauseMs, signal)
        return []
      }
    },

    /** What could not be deleted comes again. */
    async delete(receiptHandle) {
      const command = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle })
      await client
        .send(command)
        .catch((error: unknown) => logger.warn(`A message of ${name} could not be deleted`, { error }))
    },
  }
}

function toReceived(message: Message) {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => {
    const { DataType = 'String', StringValue, BinaryValue } = value
    return [
      name,
      {
        DataType,
        ...(StringValue !== undefined && { StringValue }),
        ...(BinaryValue !== undefined && { BinaryValue: Buffer.from(BinaryValue).toString('base64') }),
      },
    ]
  })
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    md5OfBody: message.MD5OfBody ?? '',
    attributes: Object.fromEntries(attributes) as Record<string, { DataType: string; StringValue?: string }>,
    system: { ...message.Attributes },
  }
}
