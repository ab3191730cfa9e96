// The platform below the adapters: the production handlers and adapters on stand-ins of AWS, every one of whose requests may fail.

import {
  activityHandler,
  createAwsBackend,
  deadLetterHandler,
  type HandlerOptions,
  orchestratorHandler,
  sweeperHandler,
} from '../../../src/aws/index.ts'
import { decodeMessage } from '../../../src/aws/sqs/codec.ts'
import { httpManagement } from '../../../src/client/http-management.ts'
import { apiHandler, type HttpResult } from '../../../src/http/lambda.ts'
import { createManagement } from '../../../src/runtime/manage.ts'
import type { Message } from '../../../src/runtime/messages.ts'
import type { Ports } from '../../../src/runtime/ports.ts'
import { pollQueue, type Polling } from '../../../src/stand-ins/index.ts'
import { silentLogger } from '../../../src/workflow/logger.ts'
import { isTerminal, type RuntimeStatus } from '../../../src/workflow/status.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import type { FaultSource, Host } from '../faults.ts'
import { unreliable } from '../http-caller.ts'
import type { Caller, Platform, Surroundings } from '../platform.ts'
import { probed } from '../probes.ts'
import { type Cloud, maxReceives, openCloud } from './cloud.ts'
import { committedBy } from './committed-episodes.ts'
import { Containers, type FunctionName, type Handler } from './containers.ts'
import { faultyWire, type Outages } from './faulty-wire.ts'
import { bodyOf, clientsOn, operationOf, type Wire } from './wire.ts'

const sweeperTimeoutMs = 240_000
/** What the adapters say before they try again. */
const repeats = /is asked again|is sent again|is made again/

/** Which functions are deployed at which step. */
const deploySteps: readonly (readonly FunctionName[])[] = [
  ['orchestrator'],
  ['activity'],
  ['deadLetter', 'sweeper', 'api'],
]

export async function awsPlatform(world: Surroundings): Promise<Platform> {
  const cloud: Cloud = await openCloud(world, (change) => {
    const { before, after } = change
    if (after?.['gone'] && !before?.['gone']) world.count('episode kept beyond its end by a stub')
    if (after?.['bytes']) world.count('payload kept in parts')
    const committed = committedBy(change, cloud.table)
    if (committed) world.committed(committed.key, committed.episode)
  })
  return new AwsPlatform(world, cloud)
}

class AwsPlatform implements Platform {
  readonly #world: Surroundings
  readonly #cloud: Cloud
  readonly #containers: Containers
  readonly #source: FaultSource
  readonly #outages: Outages
  readonly #outside: Ports
  readonly #http
  readonly #polling: Polling[] = []
  #invocations = 0

  constructor(world: Surroundings, cloud: Cloud) {
    const { clock, rng, conditions, isFaulty, count, visibilityMs, trace } = world
    this.#world = world
    this.#cloud = cloud
    this.#http = rng.fork('http')
    this.#outages = { rate: conditions.aws.outages, until: new Map() }
    this.#containers = new Containers(world, (name, host) => this.#start(name, host))
    this.#source = {
      clock,
      rng: rng.fork('faults'),
      rates: () => (isFaulty() ? conditions.rates : undefined),
      count,
      visibilityMs,
      crash: (host) => this.#containers.crash(host),
      trace,
    }
    this.#outside = this.#backend(cloud.clients).ports
  }

  get store() {
    return this.#outside.store
  }

  get outside() {
    return createManagement(this.#outside)
  }

  async begin(): Promise<void> {
    const { workflowBatch, activityBatch, aws } = this.#world.conditions
    this.#poll('workflow', 'orchestrator', workflowBatch, aws.turnSeconds)
    this.#poll('activity', 'activity', activityBatch, aws.activitySeconds)
    this.#poll('dead', 'deadLetter', 10, aws.turnSeconds)
  }

  caller(): Caller {
    return {
      management: httpManagement(
        unreliable(this.#world, this.#http, async ({ method, path, headers, body }) => {
          const [rawPath, rawQueryString = ''] = path.split('?')
          const requestContext = { http: { method } }
          const event = { rawPath, rawQueryString, headers: { ...headers }, requestContext, body }
          const result = await this.#invoke('api', { ...event, isBase64Encoded: false }, Infinity)
          const { statusCode: status, body: answer } = result as HttpResult
          return { status, body: answer }
        }),
      ),
      recoverStalled: async () => this.#invoke('sweeper', { recoverStalled: true }, sweeperTimeoutMs),
    }
  }

  async sweep(): Promise<boolean> {
    await this.#invoke('sweeper', {}, sweeperTimeoutMs)
    return this.#cloud.left.length === 0 && this.#running() <= 1
  }

  wipe(): void {
    void this.#cloud.wipe()
  }

  deploy(step: number): void {
    this.#containers.replace(deploySteps[step] ?? [])
  }

  async left(): Promise<readonly string[]> {
    return this.#cloud.left
  }

  close(): void {
    for (const polling of this.#polling) void polling.stop()
  }

  /** Instances that have not ended. */
  #running(): number {
    let count = 0
    for (const { sk, status } of this.#cloud.table.all) {
      if (sk?.S === 'row' && !isTerminal(status?.S as RuntimeStatus)) count++
    }
    return count
  }

  #poll(
    queueName: string,
    functionName: FunctionName,
    batchSize: number,
    functionTimeoutSeconds: number,
  ): void {
    const { clock, conditions } = this.#world
    const { maximumConcurrency, windowSeconds } = conditions.aws
    const polling = pollQueue({
      clock,
      queue: this.#cloud.sqs.queue(queueName),
      handler: async (event, context) => this.#containers.invoke(functionName, event, context),
      functionName,
      batchSize,
      batchWindowSeconds: windowSeconds,
      maximumConcurrency,
      functionTimeoutSeconds,
    })
    this.#polling.push(polling)
  }

  async #invoke(functionName: FunctionName, event: unknown, timeoutMs: number): Promise<unknown> {
    const { clock } = this.#world
    const deadline = clock.now() + timeoutMs
    const context = {
      awsRequestId: `request-${++this.#invocations}`,
      functionName,
      // The API would set a timer of the process for the rest of its time, so it has no end.
      getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
    }
    return this.#containers.invoke(functionName, event, context)
  }

  #start(functionName: FunctionName, host: Host): Handler {
    const { mutant, rng, count, conditions, app, visibilityMs } = this.#world
    const wire = faultyWire(this.#heard, host, this.#source, this.#outages)
    const backend = this.#backend(clientsOn(wire, mutant?.request), host.skewMs)
    const fits = (message: Message): boolean => message.kind !== 'activity' || !message.input
    const ports = conditions.largeInputs ? withPorts(backend.ports, { fits }) : backend.ports
    const options: HandlerOptions = {
      backend: { ...backend, ports: probed(mutant?.ports?.(ports, rng) ?? ports, count) },
    }
    switch (functionName) {
      case 'orchestrator':
        return orchestratorHandler(app(), options)
      case 'activity':
        return activityHandler(app(), options)
      case 'deadLetter': {
        const handler = deadLetterHandler(app(), { ...options, maxReceives: maxReceives.workflow })
        return async (event, context) => {
          count('dead letter of a workflow message')
          return handler(event, context)
        }
      }
      case 'sweeper':
        return sweeperHandler({
          ...options,
          periodMinutes: (conditions.sweepEveryMs ?? visibilityMs) / 60_000,
        })
      case 'api':
        return apiHandler(options)
      default:
        return functionName satisfies never
    }
  }

  #backend(clients: Cloud['clients'], skewMs = 0) {
    const { clock, rng, newId, count, conditions } = this.#world
    const jitter = rng.fork('jitter')
    return createAwsBackend({
      env: this.#cloud.env,
      clients,
      clock: { now: () => clock.now() + skewMs, sleep: async (ms, signal) => clock.sleep(ms, signal) },
      logger: { ...silentLogger, warn: (text) => repeats.test(text) && count('request made again') },
      metrics: { addMetric() {} },
      random: () => jitter.next(),
      newId,
      retention: conditions.aws.retention,
    })
  }

  /** What arrives is heard of: I3. */
  readonly #heard: Wire = async (service, request) => {
    if (operationOf(request) === 'POST schedules') this.#world.count('schedule made')
    if (service === 'sqs' && operationOf(request) === 'SendMessageBatch') {
      const entries = bodyOf(request)['Entries'] as readonly { readonly MessageBody: string }[]
      this.#world.sent(entries.flatMap(({ MessageBody }) => decodeMessage(MessageBody) ?? []))
    }
    return this.#cloud.serve(service, request)
  }
}
