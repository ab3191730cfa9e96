// Short words for what the SQS contracts do again and again.

import {
  CreateQueueCommand,
  type CreateQueueCommandInput,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { type ContractTime, freshName } from './contract.ts'

export interface SqsClients {
  readonly sqs: SQSClient
  readonly time: ContractTime
}

export async function createQueue(
  { sqs }: SqsClients,
  attributes: NonNullable<CreateQueueCommandInput['Attributes']> = {},
): Promise<string> {
  const suffix = attributes['FifoQueue'] === 'true' ? '.fifo' : ''
  const name = `${freshName('queue')}${suffix}`
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
  )
  return url
}

export async function arnOf({ sqs }: SqsClients, url: string): Promise<string> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] })
  return (await sqs.send(command)).Attributes?.['QueueArn'] ?? ''
}

export async function send(
  { sqs }: SqsClients,
  url: string,
  body: string,
  more: Partial<SendMessageCommandInput> = {},
): Promise<string> {
  const command = new SendMessageCommand({ QueueUrl: url, MessageBody: body, ...more })
  return (await sqs.send(command)).MessageId ?? ''
}

/** What can be received now, with all system attributes. */
export async function receive(
  { sqs, time }: SqsClients,
  url: string,
  more: Partial<ReceiveMessageCommandInput> = {},
): Promise<readonly Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['All'],
    ...more,
  })
  return (await time.during(sqs.send(command))).Messages ?? []
}

/** Bodies of all messages that can be received now, in the order of coming. A real queue may give a few at a time. */
export async function drain(clients: SqsClients, url: string): Promise<readonly string[]> {
  const bodies: string[] = []
  for (;;) {
    const messages = await receive(clients, url, { WaitTimeSeconds: 1 })
    if (messages.length === 0) return bodies
    for (const message of messages) {
      bodies.push(message.Body ?? '')
      await remove(clients, url, message)
    }
  }
}

export async function remove({ sqs }: SqsClients, url: string, message: Message | undefined): Promise<void> {
  await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }))
}
