// What `npm run start:aws` may be told: by flags, and by the variables of the SDK that say where a service is.

import { type Flags, type FlagValues, parsePort, UsageError } from '../../src/cli/command-line.ts'
import { type Environment, variable } from '../../src/cli/command.ts'
import type { Elsewhere } from './cloud.ts'
import { place } from './names.ts'
import type { Service } from './wire.ts'

export const startFlags = {
  port: {
    type: 'string',
    short: 'p',
    value: 'port',
    description: 'of the HTTP API, 0 for any free one (PORT; default 3501)',
  },
  'services-port': {
    type: 'string',
    value: 'port',
    description: 'of DynamoDB, SQS, SNS and Scheduler (default: the next one)',
  },
  containers: {
    type: 'string',
    value: 'count',
    description: 'containers at most for a function that reads a queue (default 2)',
  },
  json: { type: 'boolean', description: 'log JSON lines' },
} as const satisfies Flags

export interface StartSettings {
  readonly port: number
  readonly servicesPort: number
  readonly containers: number | undefined
  readonly json: boolean
  readonly elsewhere: Elsewhere | undefined
}

/** @throws UsageError for an impossible port or count */
export function toStartSettings(flags: FlagValues<typeof startFlags>, env: Environment): StartSettings {
  const port = parsePort(flags.port ?? variable(env, 'PORT') ?? '3501')
  const next = port === 0 ? 0 : port + 1
  const servicesPort = flags['services-port'] === undefined ? next : parsePort(flags['services-port'])
  return {
    port,
    servicesPort,
    containers: flags.containers === undefined ? undefined : parseContainers(flags.containers),
    json: flags.json ?? false,
    elsewhere: elsewhereOf(env),
  }
}

/** An event source mapping has two at least. */
function parseContainers(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 2) return Number(text)
  throw new UsageError(`Containers are a number from 2 to 999, got '${text}'.`)
}

function elsewhereOf(env: Environment): Elsewhere | undefined {
  const given = (['dynamodb', 'sqs', 'sns', 'scheduler'] as const).flatMap((service) => {
    const url = variable(env, `AWS_ENDPOINT_URL_${service.toUpperCase()}`)
    return url === undefined ? [] : [[service, checkUrl(service, url)] as const]
  })
  if (given.length === 0) return undefined
  const sessionToken = variable(env, 'AWS_SESSION_TOKEN')
  return {
    endpoints: Object.fromEntries(given),
    region: variable(env, 'AWS_REGION') ?? place.region,
    credentials: {
      accessKeyId: variable(env, 'AWS_ACCESS_KEY_ID') ?? 'local',
      secretAccessKey: variable(env, 'AWS_SECRET_ACCESS_KEY') ?? 'local',
      ...(sessionToken !== undefined && { sessionToken }),
    },
  }
}

function checkUrl(service: Service, url: string): string {
  if (URL.canParse(url)) return url
  throw new UsageError(`AWS_ENDPOINT_URL_${service.toUpperCase()} is no URL: '${url}'.`)
}
