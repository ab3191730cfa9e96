// Everything that AWS may do to a backend, all the time and by chance: to every request in the middleware stack of the real clients, to
// messages and schedules in the stand-ins, and to the containers. What is chosen follows from the dice and from the order in which requests
// are made, which is the same each time where every service is in this process.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { AwsWorldOptions } from '../../../scripts/stack/in-process.ts'
import type { VirtualTime } from '../../../scripts/stack/virtual-time.ts'
import type { AwsClients } from '../../../src/aws/index.ts'
import type { Ports } from '../../../src/runtime/ports.ts'
import type { Rng } from '../../simulation/rng.ts'
import type { Trace } from '../../simulation/trace.ts'
import { interceptPorts } from '../../support/intercept-ports.ts'
import {
  deniedEntries,
  type Fault,
  injectFaults,
  nothingOfIt,
  onlyTheFirst,
  type Outgoing,
  shortPage,
  someEntries,
} from '../dynamodb/faults.ts'
import { createRequestFault } from './request-faults.ts'
import {
  type RequestFault,
  requestFaults,
  type Service,
  services,
  type Tally,
  type Trouble,
} from './tally.ts'

/** Of the requests; Scheduler has few of them. */
const faultyShare: Readonly<Record<Service, number>> = { dynamodb: 0.15, sqs: 0.2, scheduler: 0.5 }
/** How often one that might begin does: it makes many others, and takes time. */
const outageShare: Readonly<Record<Service, number>> = { dynamodb: 0.1, sqs: 0.1, scheduler: 0.8 }

interface ChaosOptions {
  readonly rng: Rng
  readonly time: VirtualTime
  readonly tally: Tally
  /** Hears of every request, and what becomes of it. */
  readonly trace: Trace
}

type Named = readonly [trouble: Trouble, fault: Fault]

export class Chaos {
  readonly #rng: Rng
  readonly #time: VirtualTime
  readonly #tally: Tally
  readonly #trace: Trace
  /** Until when a service does not answer. */
  readonly #outages = new Map<Service, number>()
  #deaths = 0

  constructor({ rng, time, tally, trace }: ChaosOptions) {
    this.#rng = rng
    this.#time = time
    this.#tally = tally
    this.#trace = trace
  }

  get options(): Partial<AwsWorldOptions> {
    const rng = this.#rng
    const [jitter, ids] = [rng.fork('jitter'), rng.fork('ids')]
    return {
      random: () => jitter.next(),
      newId: () => ids.next().toString(36).slice(2),
      instrument: (clients) => this.#instrument(clients),
      ports: (ports) => this.#watchRivals(ports),
      sqsFaults: {
        latencyMs: () => rng.int(0, 300),
        pick: (count) => rng.int(0, count - 1),
        shortReceive: (count) => rng.int(1, count),
        duplicateAfterMs: () => this.#sometimes(0.05, 'a message is delivered twice', 20_000),
        undeleteAfterMs: () => this.#sometimes(0.05, 'a message comes back after its deletion', 20_000),
      },
      schedulerFaults: {
        latenessMs: () => rng.int(0, 60_000),
        duplicateAfterMs: () => this.#sometimes(0.3, 'a schedule fires twice', 60_000),
        fireAfterDelete: () => this.#happens(0.5, 'a schedule fires although it was deleted'),
      },
      around: async ({ functionName }, run) => this.#around(functionName, run),
      // Any container that is free, or a new one, up to four.
      chooseContainer: (free) => rng.int(0, free < 4 ? free : free - 1),
    }
  }

  #instrument(clients: AwsClients): void {
    for (const service of services) {
      // The stacks of the three differ in their types alone.
      const client = clients[service] as unknown as DynamoDBClient
      injectFaults(client, (outgoing) => {
        const [trouble, fault] = this.#choose(service, outgoing) ?? []
        // The client makes it itself, anew for each request.
        const { ClientToken: _, ...input } = outgoing.input
        this.#trace(`${service} ${outgoing.operation}`, trouble ?? '', input)
        if (trouble) this.#tally.add(trouble)
        return fault
      })
    }
  }

  #choose(service: Service, outgoing: Outgoing): Named | undefined {
    const now = this.#time.clock.now()
    if ((this.#outages.get(service) ?? 0) > now) return this.#requestFault(service, 'an outage')
    if (!this.#rng.chance(isRare(outgoing) ? 0.5 : faultyShare[service])) return undefined
    const partial = this.#partialFaults(outgoing)
    if (partial.length > 0 && this.#rng.chance(0.5)) return this.#rng.pick(partial)
    const outage = this.#rng.chance(outageShare[service])
    const fault = this.#rng.pick(requestFaults.filter((each) => outage || each !== 'an outage'))
    if (fault === 'an outage') this.#outages.set(service, now + this.#rng.int(10_000, 40_000))
    return this.#requestFault(service, fault)
  }

  #requestFault(service: Service, fault: RequestFault): Named {
    return [`${service}: ${fault}`, createRequestFault[fault]({ service, time: this.#time, rng: this.#rng })]
  }

  #partialFaults({ operation, input }: Outgoing): readonly Named[] {
    const half = (): boolean => this.#rng.chance(0.5)
    switch (operation) {
      case 'Query':
        return [['Query: a page of one item', shortPage]]
      case 'BatchWriteItem':
        return [
          ['BatchWriteItem: UnprocessedItems, all', nothingOfIt],
          ['BatchWriteItem: UnprocessedItems, some', onlyTheFirst],
        ]
      case 'SendMessageBatch':
      case 'ChangeMessageVisibilityBatch': {
        const isMany = operation === 'SendMessageBatch' && (input['Entries'] as readonly unknown[]).length > 1
        const failed: Trouble = isMany
          ? 'SendMessageBatch: some of several entries failed'
          : `${operation}: an entry failed`
        return [
          // The first one fails; of several the second one does not.
          [failed, someEntries((at) => at > 0 && (at === 1 || half()))],
          [`${operation}: done and reported as failed`, deniedEntries((at) => at === 0 || half())],
        ]
      }
      default:
        return []
    }
  }

  /**
   * A container may die before its work, or right after it, when all is done and nobody hears of it. Once in each world: the messages
   * wait for their visibility to end, which is half an hour for those of activities.
   */
  async #around(functionName: string, run: () => Promise<unknown>): Promise<unknown> {
    const mayDie = this.#deaths === 0 && functionName !== 'api'
    // Activities that wait for each other would be stopped by their function's timeout before the last one comes.
    const isEarly = mayDie && functionName !== 'activity'
    if (isEarly && this.#happens(0.02, 'a container dies before its work')) this.#die()
    const result = await run()
    if (mayDie && this.#happens(0.02, 'a container dies after its work')) this.#die()
    return result
  }

  #die(): never {
    this.#deaths++
    throw new Error('The container died.')
  }

  #watchRivals(ports: Ports): Ports {
    return interceptPorts(ports, async ({ method }, run) => {
      const result = await run()
      if (method === 'appendEpisode' && (result as { kind: string }).kind === 'lost') {
        this.#tally.add('a rival commits first')
      }
      return result
    })
  }

  #happens(probability: number, trouble: Trouble): boolean {
    if (!this.#rng.chance(probability)) return false
    this.#tally.add(trouble)
    return true
  }

  /** A time for it to happen. */
  #sometimes(probability: number, trouble: Trouble, withinMs: number): number | undefined {
    return this.#happens(probability, trouble) ? this.#rng.int(0, withinMs) : undefined
  }
}

/** Requests of which there are few, and which fail in ways of their own. */
function isRare({ operation, input }: Outgoing): boolean {
  if (operation === 'ChangeMessageVisibilityBatch') return true
  return operation === 'SendMessageBatch' && (input['Entries'] as readonly unknown[]).length > 1
}
