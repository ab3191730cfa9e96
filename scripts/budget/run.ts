// One scenario in a world of its own, from the request that starts it until nothing is left to happen.

import { createHash } from 'node:crypto'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { bytesOf } from '../../src/aws/dynamodb/items.ts'
import type { Dynoxide } from '../stack/dynoxide.ts'
import { type AwsWorld, openAwsWorld } from '../stack/in-process.ts'
import { countedApp } from './app.ts'
import { deliveryMs, itemOverheadBytes, latencyMs, order, scatteredDelivery } from './assumptions.ts'
import type { Entry } from './counts.ts'
import { Meter } from './meter.ts'
import { Pace } from './pace.ts'
import type { Scenario } from './scenarios.ts'

/** What happened. */
export interface Run {
  readonly scenario: Scenario
  readonly entries: readonly Entry[]
  /** One for each step that the workflow has told of. */
  readonly steps: readonly (readonly Entry[])[]
  /** Of the workflow itself. */
  readonly episodes: number
  /** Lines that the functions wrote, from INFO on: what they are deployed with. */
  readonly logLines: number
  /** Containers that were started. */
  readonly containers: number
  /** That are left in the table. */
  readonly storedBytes: number
}

const instanceId = 'order-1138'

export async function run(dynoxide: Dynoxide, scenario: Scenario): Promise<Run> {
  const pace = new Pace()
  const meter = new Meter(() => pace.clock.now())
  let done = 0
  let containers = 0
  let logLines = 0
  const log = (): void => void logLines++
  const newId = steadyIds()
  const app = countedApp(() => {
    meter.mark()
    done++
  })
  const loses = (): boolean =>
    scenario.losesMemoryAfter !== undefined && done === scenario.losesMemoryAfter + 1
  const world = await openAwsWorld({
    app,
    database: dynoxide,
    clock: pace.clock,
    logger: { debug: () => {}, info: log, warn: log, error: log },
    sqsFaults: { latencyMs: scenario.isScattered ? scatteredDelivery() : () => deliveryMs },
    ports: (ports) => ({ ...ports, newId }),
    instrument: (clients) => pace.attach(clients, latencyOf),
    onRequest: (request) => meter.request(request),
    chooseContainer: (free) => (loses() ? free : free - 1),
    async around({ functionName, event, isCold }, work) {
      if (isCold) containers++
      const running = meter.begin(functionName, event)
      const result = await pace.work(work)
      meter.end(running, result)
      return result
    },
  })
  try {
    await ask(world, pace, `${scenario.workflow}/start?instanceID=${instanceId}`, scenario.steps)
    await pace.runUntil(() => false)
    for (let at = 0; scenario.hasEvents && at < scenario.steps; at++) {
      await ask(world, pace, `${instanceId}/raiseEvent/shipped`, order)
      await pace.runUntil(() => false)
    }
    const episodes = await episodesOf(world, scenario)
    const storedBytes = await weigh(dynoxide, world.tableName)
    return {
      scenario,
      entries: meter.entries,
      steps: meter.steps,
      episodes,
      logLines,
      containers,
      storedBytes,
    }
  } finally {
    await world.close()
  }
}

/** As long as real ids and as scattered, and the same in every run: some decisions are made by lot. */
function steadyIds(): () => string {
  let last = 0
  return () => {
    const hex = createHash('sha256').update(String(++last)).digest('hex')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
  }
}

function latencyOf(commandName: string): number {
  if (commandName.startsWith('BatchWrite')) return latencyMs.batch
  if (/^(?:Put|Update)Item/.test(commandName)) return latencyMs.write
  if (/^(?:Query|GetItem|BatchGet)/.test(commandName)) return latencyMs.read
  return commandName.endsWith('ScheduleCommand') ? latencyMs.scheduler : latencyMs.send
}

/** A request to the HTTP API, which must be accepted. */
async function ask(world: AwsWorld, pace: Pace, target: string, body: unknown): Promise<void> {
  const [path = '', rawQueryString = ''] = target.split('?')
  const asked = world.invoke('api', {
    rawPath: `/v1.0/workflows/dapr/${path}`,
    rawQueryString,
    headers: { host: 'localhost', 'content-type': 'application/json' },
    requestContext: { http: { method: 'POST' } },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  })
  let answer: unknown
  const note = (result: unknown): void => {
    answer = result
  }
  asked.then(note, note)
  await pace.runUntil(() => answer !== undefined)
  const { statusCode } = answer as { readonly statusCode?: number }
  if (statusCode !== 202) throw new Error(`${target} was not accepted: ${JSON.stringify(answer)}`)
}

/** @throws when it has not completed */
async function episodesOf({ ports }: AwsWorld, { step }: Scenario): Promise<number> {
  const row = await ports.store.getInstance(instanceId)
  if (row?.status !== 'COMPLETED') throw new Error(`${step}: the workflow is ${row?.status}, not COMPLETED.`)
  return row.episode
}

async function weigh(dynoxide: Dynoxide, tableName: string): Promise<number> {
  const client = dynoxide.client()
  let bytes = 0
  let start: Parameters<typeof bytesOf>[0] | undefined
  do {
    const page = await client.send(
      new ScanCommand({ TableName: tableName, ...(start && { ExclusiveStartKey: start }) }),
    )
    for (const item of page.Items ?? []) bytes += bytesOf(item) + itemOverheadBytes
    start = page.LastEvaluatedKey
  } while (start)
  client.destroy()
  return bytes
}
