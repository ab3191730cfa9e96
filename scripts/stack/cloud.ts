// The services that a stack needs: DynamoDB by dynoxide, SQS, SNS and Scheduler by the stand-ins, all of them at one address; or any of
// them elsewhere, where an endpoint says so.

import type { Clock } from '../../src/runtime/ports.ts'
import {
  createSchedulerStandIn,
  createSnsStandIn,
  createSqsStandIn,
  type SqsStandIn,
} from '../../src/stand-ins/index.ts'
import { type Dynoxide, startDynoxide } from './dynoxide.ts'
import { place } from './names.ts'
import { StartError } from './start-error.ts'
import { forwardTo, openWire, type Player, playedBy, type Service, type WireRequest } from './wire.ts'

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Services that are not played here. */
export interface Elsewhere {
  readonly endpoints: Readonly<Partial<Record<Service, string>>>
  readonly region: string
  readonly credentials: Credentials
}

export interface CloudOptions {
  readonly clock: Clock
  /** Where the services are that are played here. Default 0: any free port. */
  readonly port?: number
  readonly elsewhere?: Elsewhere
  /** Hears of every request to a service that is played here. */
  readonly onRequest?: (request: WireRequest, service: Service) => void
}

/** For a client of the SDK. */
interface ClientSettings {
  readonly endpoint: string
  readonly region: string
  readonly credentials: Credentials
}

export interface Cloud {
  readonly clock: Clock
  /** Of what is played here. */
  readonly endpoint: string
  /** Undefined when SQS is elsewhere. */
  readonly sqs: SqsStandIn | undefined
  /** @param who asks: the key of its credentials, where nothing is elsewhere */
  settings(service: Service, who: string): ClientSettings
  /** Those that wait in the stand-in. */
  readonly schedules: readonly unknown[]
  /** Resolves when a program that belongs to it has ended by itself. */
  readonly lost: Promise<string>
  close(): Promise<void>
}

/** @throws when a service is elsewhere that the others cannot do without, and what `listen` throws */
export async function openCloud(options: CloudOptions): Promise<Cloud> {
  const { clock, port = 0, elsewhere, onRequest } = options
  const endpoints = elsewhere?.endpoints ?? {}
  checkEndpoints(endpoints)
  const players = new Map<Service, Player>()
  const wire = await openWire(port, (service) => players.get(service), onRequest)
  const { endpoint } = wire
  let dynoxide: Dynoxide | undefined
  try {
    if (endpoints.dynamodb === undefined) dynoxide = await startDynoxide()
  } catch (error) {
    await wire.close()
    throw error
  }
  const sqs = createSqsStandIn({ clock, ...place, endpoint })
  const sns = createSnsStandIn({ clock, sqs })
  const scheduler = createSchedulerStandIn({ clock, sqs })
  if (dynoxide) players.set('dynamodb', forwardTo(dynoxide.endpoint))
  for (const [service, { clientConfig }] of Object.entries({ sqs, sns, scheduler })) {
    if (!(service in endpoints)) players.set(service as Service, playedBy(clientConfig))
  }
  return {
    clock,
    endpoint,
    sqs: players.has('sqs') ? sqs : undefined,
    settings(service, who) {
      // The table is asked most: past the wire, unless somebody listens there.
      const own = service === 'dynamodb' && !onRequest ? dynoxide?.endpoint : undefined
      return {
        endpoint: endpoints[service] ?? own ?? endpoint,
        region: elsewhere?.region ?? place.region,
        credentials: elsewhere?.credentials ?? { accessKeyId: who, secretAccessKey: 'secret' },
      }
    },
    get schedules() {
      return scheduler.schedules
    },
    lost: dynoxide ? dynoxide.ended.then(() => 'dynoxide has ended') : new Promise(() => {}),
    async close() {
      // A timer of months would keep the process as long.
      for (const { waiting } of scheduler.schedules) waiting.abort()
      await wire.close()
      await dynoxide?.close()
    },
  }
}

/** Topics and schedules send to queues of their own kind: the three are here together, or elsewhere together. */
function checkEndpoints(endpoints: Elsewhere['endpoints']): void {
  const together = ['sqs', 'sns', 'scheduler'] as const
  const given = together.filter((service) => endpoints[service] !== undefined)
  if (given.length === 0 || given.length === together.length) return
  const missing = together.filter((service) => !given.includes(service))
  const names = (services: readonly Service[]): string =>
    services.map((service) => `AWS_ENDPOINT_URL_${service.toUpperCase()}`).join(' and ')
  throw new StartError(
    `${names(given)} without ${names(missing)}: topics and schedules send to queues of their own system.`,
  )
}
