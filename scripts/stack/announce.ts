// What a person is told once the stack serves: where everything is, what is not as on AWS, and what to type next.

import { version } from '../../src/cli/version.ts'
import type { Logger } from '../../src/workflow/logger.ts'
import type { StartSettings } from './settings.ts'
import type { Stack } from './stack.ts'

export interface Announcement {
  readonly stack: Stack
  readonly settings: StartSettings
  readonly url: string
  readonly logger: Logger
  readonly out: (line: string) => void
}

export function announce({ stack, settings, url, logger, out }: Announcement): void {
  const { cloud, functions, routes } = stack
  const names = [...functions.keys()]
  if (settings.json) {
    logger.info('Serving', { url, services: cloud.endpoint, functions: names })
    return
  }
  const guards = [...new Set(routes.map(({ authorization }) => authorization))].join(', ')
  const kept = settings.elsewhere ? 'what is elsewhere keeps it' : 'in memory: nothing is kept when this ends'
  out('')
  out(`Tenuto ${version()} serves ${url}, the packaged stack on this machine`)
  out(
    `  routes      ${routes.map(({ key }) => key).join(', ')}; callers are not checked here (on AWS: ${guards})`,
  )
  out(`  functions   ${names.join(', ')}`)
  for (const line of services(stack, settings)) out(`  ${line}`)
  out(`  data        ${kept}`)
  for (const line of tryNext(url, cloud.endpoint)) out(line)
}

function services({ cloud }: Stack, { elsewhere }: StartSettings): readonly string[] {
  return [
    ['DynamoDB', 'dynamodb', 'dynoxide'],
    ['SQS', 'sqs', 'a stand-in'],
    ['SNS', 'sns', 'a stand-in'],
    ['Scheduler', 'scheduler', 'a stand-in'],
  ].map(([title = '', service = '', what = '']) => {
    const endpoint = elsewhere?.endpoints[service as 'sqs']
    return title.padEnd(12) + (endpoint ?? `${what} at ${cloud.endpoint}`)
  })
}

function tryNext(url: string, endpoint: string): readonly string[] {
  const workflows = `${url}/v1.0-beta1/workflows/dapr`
  const start = (path: string, body: string): string => `  curl -X POST '${workflows}/${path}' -d '${body}'`
  const isUsual = endpoint === usualEndpoint
  const send = (target: string, message: string): string =>
    `  ${isUsual ? '' : `AWS_ENDPOINT_URL=${endpoint} `}npm run send -- ${target} '${message}'`
  return [
    '',
    'Try, in another terminal:',
    start(
      'OrderProcessingWorkflow/start?instanceID=12345678',
      '{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}',
    ),
    `  curl '${workflows}/12345678'`,
    start('purchaseOrder/start?instanceID=laptop', '{"cost":1500,"product":"Laptop","quantity":1}'),
    send('approvals', '{"order":"laptop","approver":"Jane Doe"}'),
    `  curl '${workflows}/laptop'`,
    send('orders', '{"order":{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}}'),
    '',
    `The AWS CLI and the SDK come in by AWS_ENDPOINT_URL=${endpoint}, in us-east-1, with any credentials.`,
    'Ctrl+C stops everything.',
    '',
  ]
}

/** Where the services are unless a port says otherwise. */
export const usualEndpoint = 'http://127.0.0.1:3502'
