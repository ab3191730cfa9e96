// `npm run send`: sends a message to a topic or a queue of the stack that `npm run start:aws` runs, by the clients of the SDK.

import { ListTopicsCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { type ExitCode, variable } from '../../src/cli/command.ts'
import { usualEndpoint } from './announce.ts'
import { place } from './names.ts'

const commandLine = {
  usage: 'npm run send -- <topic or queue> <message>',
  summary: 'Sends a message to a topic (SNS) or a queue (SQS) of the stack that npm run start:aws runs.',
  flags: helpFlag,
  notes: [
    `npm run send -- approvals '{"order":"laptop","approver":"Jane Doe"}'`,
    `npm run send -- orders '{"order":{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}}'`,
    '',
    `AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SNS and AWS_ENDPOINT_URL_SQS say where they are (default ${usualEndpoint}).`,
  ],
} as const

/** Sends a message. @returns its id */
type Send = (message: string) => Promise<string | undefined>

async function main(): Promise<ExitCode> {
  const { flags, positionals } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return 0
  }
  const [target = '', message = ''] = positionals
  const targets = new Map([...(await topics()), ...(await queues())])
  const send = targets.get(shorten(target))
  if (!send) throw new UsageError(`There is no ${target}; there are ${[...targets.keys()].join(', ')}.`)
  console.log(`${await send(message)}`)
  return 0
}

async function topics(): Promise<readonly (readonly [name: string, Send])[]> {
  const client = new SNSClient(settings('SNS'))
  const { Topics: found = [] } = await client.send(new ListTopicsCommand({}))
  return found.map(({ TopicArn = '' }) => [
    shorten(TopicArn.split(':').at(-1) ?? ''),
    async (Message) => (await client.send(new PublishCommand({ TopicArn, Message }))).MessageId,
  ])
}

async function queues(): Promise<readonly (readonly [name: string, Send])[]> {
  const client = new SQSClient(settings('SQS'))
  const { QueueUrls: found = [] } = await client.send(new ListQueuesCommand({}))
  return found.map((QueueUrl) => [
    shorten(QueueUrl.split('/').at(-1) ?? ''),
    async (MessageBody) => (await client.send(new SendMessageCommand({ QueueUrl, MessageBody }))).MessageId,
  ])
}

/** `tenuto-dev-OrdersQueue` is `orders`. */
function shorten(name: string): string {
  return (name.split('-').at(-1) ?? '').replace(/(?:Topic|Queue)$/i, '').toLowerCase()
}

function settings(service: 'SNS' | 'SQS') {
  const { env } = process
  const accessKeyId = variable(env, 'AWS_ACCESS_KEY_ID') ?? 'local'
  const secretAccessKey = variable(env, 'AWS_SECRET_ACCESS_KEY') ?? 'local'
  return {
    endpoint:
      variable(env, `AWS_ENDPOINT_URL_${service}`) ?? variable(env, 'AWS_ENDPOINT_URL') ?? usualEndpoint,
    region: variable(env, 'AWS_REGION') ?? place.region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  const { code } = error as { readonly code?: unknown }
  if (error instanceof UsageError) {
    console.error(`${error.message}\nTry: npm run send -- --help`)
    process.exitCode = 2
  } else if (code === 'ECONNREFUSED') {
    console.error('Nobody answers there: is npm run start:aws running? AWS_ENDPOINT_URL says where.')
    process.exitCode = 1
  } else throw error
}
