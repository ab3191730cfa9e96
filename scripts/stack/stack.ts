// A stack on this machine, made from the packaged template: its table, its queues with their settings, its topics, processes for each
// function with the environment that the template gives it, and everything that calls them.

import { systemClock } from '../../src/aws/lambda/clock.ts'
import type { HttpHandler } from '../../src/http/api.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import { type Logger, silentLogger } from '../../src/workflow/logger.ts'
import { type Cloud, type CloudOptions, openCloud } from './cloud.ts'
import { startContainer } from './containers.ts'
import { createClients, createResources, destroyClients } from './create-resources.ts'
import { DeployedFunction } from './deployed-function.ts'
import { connectSources } from './event-sources.ts'
import { createHttpApi } from './http-api.ts'
import { type Names, resolveNames } from './names.ts'
import type { PackagedStack } from './package-stack.ts'
import { part, type Properties, referencesIn, Resources } from './resources.ts'
import { readRoutes, type Route } from './routes.ts'

export interface StackOptions extends Partial<CloudOptions>, PackagedStack {
  /** Where the bundles lie, in `bundles`. */
  readonly folder: string
  /** What queues, timers and time-outs go by; the functions themselves live in real time. Default: the system's. */
  readonly clock?: Clock
  /** Containers that a function has at most. Default 2. */
  readonly containers?: number
  /** Hears of calls that failed. Default: silent. */
  readonly logger?: Logger
  /** Hears every line that a function writes. */
  readonly onLine?: (functionName: string, line: string) => void
}

export interface Stack {
  readonly resources: Resources
  readonly cloud: Cloud
  /** What Ref and GetAtt give for each resource, by its logical name. */
  readonly names: Names
  /** By their names in serverless.yml with a capital: `Api`. */
  readonly functions: ReadonlyMap<string, DeployedFunction>
  /** What the HTTP API answers. */
  readonly api: HttpHandler
  readonly routes: readonly Route[]
  /** Calls a function. @throws what it threw, as text */
  invoke(name: string, event: unknown): Promise<unknown>
  /** Begins nothing more, gives what runs a moment to end, and leaves no process behind. */
  close(): Promise<void>
}

/** Of a function behind the API: each request wants one of its own, and may hold it for half a minute. */
const apiContainers = 10
const graceMs = 2_000

/** Nothing is left open when it throws. */
export async function deployStack(options: StackOptions): Promise<Stack> {
  const { template, stackName, clock = systemClock, logger = silentLogger } = options
  const resources = new Resources(template)
  const cloud = await openCloud({ ...options, clock })
  const clients = createClients(cloud, 'Stack')
  const functions = new Map<string, DeployedFunction>()
  const stops: (() => Promise<unknown>)[] = []

  function named(name: string): DeployedFunction {
    const found = functions.get(name)
    if (!found) throw new Error(`There is no function ${name}.`)
    return found
  }

  async function close(): Promise<void> {
    const stopped = Promise.all(stops.map(async (stop) => stop()))
    const over = new AbortController()
    await Promise.race([stopped, systemClock.sleep(graceMs, over.signal)])
    over.abort()
    await Promise.all([...functions.values()].map(async (each) => each.close()))
    await stopped
    destroyClients(clients)
    await cloud.close()
  }

  try {
    const names = await createResources(resources, clients, stackName)
    const behindApi = new Set(resources.ofType('AWS::ApiGatewayV2::Integration').flatMap(referencesIn))
    for (const [logicalName, properties] of resources.ofType('AWS::Lambda::Function')) {
      const isBehindApi = behindApi.has(logicalName)
      const deployed = deployFunction(options, { cloud, names, logicalName, properties, isBehindApi })
      functions.set(deployed.name, deployed)
    }
    await Promise.all([...functions.values()].map(async (each) => each.warm()))
    const functionOf = (reference: unknown): DeployedFunction => named(nameOf(referencesIn(reference)[0]))
    const routes = readRoutes(resources, functionOf)
    const connecting = { resources, names, cloud, clients, stackName, logger, functionOf }
    for (const source of await connectSources(connecting)) stops.push(async () => source.stop())
    return {
      resources,
      cloud,
      names,
      functions,
      routes,
      api: createHttpApi({ routes, clock, logger }),
      invoke: async (name, event) => named(name).invoke(event),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** `ApiLambdaFunction` is osls's name for `api`. */
function nameOf(logicalName = ''): string {
  return logicalName.replace(/LambdaFunction$/, '')
}

interface Deploying {
  readonly cloud: Cloud
  readonly names: Names
  readonly logicalName: string
  readonly properties: Properties
  readonly isBehindApi: boolean
}

function deployFunction(
  { folder, clock = systemClock, containers = 2, onLine = () => {} }: StackOptions,
  { cloud, names, logicalName, properties, isBehindApi }: Deploying,
): DeployedFunction {
  const name = nameOf(logicalName)
  const [module = ''] = part<string>(properties, 'Handler').split('.')
  const { Variables = {} } = (properties['Environment'] ?? {}) as { readonly Variables?: Properties }
  const env = {
    ...(resolveNames(Variables, names) as Readonly<Record<string, string>>),
    ...environmentOf(name, cloud),
  }
  return new DeployedFunction({
    name,
    arn: names.get(logicalName)?.Arn ?? '',
    timeoutMs: Number(properties['Timeout'] ?? 3) * 1000,
    concurrency: Math.min(
      Number(properties['ReservedConcurrentExecutions'] ?? Infinity),
      isBehindApi ? Math.max(apiContainers, containers) : containers,
    ),
    clock,
    start: async () =>
      startContainer(`${folder}/${module}.mjs`, { env, onLine: (line) => onLine(name, line) }),
  })
}

/** What Lambda adds to a function's own variables, and where the services are. */
function environmentOf(name: string, cloud: Cloud): Readonly<Record<string, string>> {
  const { region, credentials } = cloud.settings('dynamodb', name)
  const services = (['dynamodb', 'sqs', 'sns', 'scheduler'] as const).map((service) => [
    `AWS_ENDPOINT_URL_${service.toUpperCase()}`,
    cloud.settings(service, name).endpoint,
  ])
  return {
    ...(Object.fromEntries(services) as Record<string, string>),
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken !== undefined && { AWS_SESSION_TOKEN: credentials.sessionToken }),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_LOG_LEVEL: 'INFO',
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
  }
}
