// Between the clients of the SDK and the stand-ins: one client a service for the whole process, whose requests go wherever the caller
// says. To make clients for every container of every world would take longer than the worlds.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { AwsClients } from '../../../src/aws/index.ts'
import type { Mutant } from '../mutants/mutant.ts'

export type Service = keyof AwsClients

export interface WireRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface WireAnswer {
  readonly response: {
    readonly statusCode: number
    readonly headers: Record<string, string>
    readonly body: Uint8Array
  }
}

/** What becomes of a request. */
export type Wire = (service: Service, request: WireRequest) => Promise<WireAnswer>

function configOf(service: Service) {
  return {
    region: 'us-east-1',
    credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    maxAttempts: 1,
    defaultsMode: 'standard',
    retryMode: 'standard',
    // Nobody looks at signatures.
    signer: { sign: async (request: unknown) => request },
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: async (request: WireRequest, { wire }: { readonly wire: Wire }) => wire(service, request),
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
      destroy: () => {},
    },
  } as const
}

interface Command {
  readonly constructor: new (input: object) => Command
  readonly input: Readonly<Record<string, unknown>>
}

interface Sender {
  send(command: Command, options: { readonly wire: Wire }): Promise<object>
}

const senders = {
  dynamodb: new DynamoDBClient(configOf('dynamodb') as never),
  sqs: new SQSClient(configOf('sqs') as never),
  scheduler: new SchedulerClient(configOf('scheduler') as never),
} as unknown as Readonly<Record<Service, Sender>>

/** Clients whose requests take this wire. @param meddle a defect of the code that asks */
export function clientsOn(wire: Wire, meddle?: Mutant['request']): AwsClients {
  const on = (service: Service) => ({
    async send(command: Command): Promise<object> {
      const sender = senders[service]
      if (!meddle) return sender.send(command, { wire })
      const operation = command.constructor.name.replace(/Command$/, '')
      const send = async (input: object): Promise<object> =>
        sender.send(new command.constructor(input), { wire })
      return meddle({ operation, input: command.input }, send)
    },
  })
  return { dynamodb: on('dynamodb'), sqs: on('sqs'), scheduler: on('scheduler') } as unknown as AwsClients
}

export function operationOf({ method, path, headers }: WireRequest): string {
  const [, operation] = (headers['x-amz-target'] ?? '').split('.')
  return operation ?? `${method} ${path.split('/')[1]}`
}

export function bodyOf({ body = '' }: WireRequest): Readonly<Record<string, unknown>> {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  return JSON.parse(text || '{}') as Readonly<Record<string, unknown>>
}

export function answer(statusCode: number, body: object): WireAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.0' }
  return { response: { statusCode, headers, body: Buffer.from(JSON.stringify(body)) } }
}
