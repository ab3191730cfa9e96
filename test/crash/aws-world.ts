// The AWS backend under a sweep of failures: the functions on dynoxide and the stand-ins, while time jumps. What is counted are the
// requests that the clients of the SDK make. A request that fails goes on failing, as often as it is tried again in that invocation, so
// that whoever asked hears of it; and an invocation whose host dies ends there.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Dynoxide } from '../../scripts/stack/dynoxide.ts'
import { type AwsWorld as World, openAwsWorld } from '../../scripts/stack/in-process.ts'
import { VirtualTime } from '../../scripts/stack/virtual-time.ts'
import type { AwsClients } from '../../src/aws/index.ts'
import type { Management } from '../../src/runtime/management.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { defineApp } from '../../src/workflow/app.ts'
import {
  type Fault as RequestFault,
  injectFaults,
  loseRequest,
  type Outgoing,
} from '../aws/dynamodb/faults.ts'
import { services } from '../aws/faults/tally.ts'
import { interceptPorts } from '../support/intercept-ports.ts'
import { playOutside } from './outside.ts'
import { type Fault, type Outcome, problemsAtRest, type TryOut } from './sweep.ts'
import type { CrashWorkflow } from './workflows.ts'

const never = new Promise<never>(() => {})

/** Who runs one invocation. */
interface Host {
  readonly died: PromiseWithResolvers<never>
  isDead: boolean
  /** What it asks for in vain. */
  failing: string | undefined
}

/** In steps of so many ms everything comes to rest, within so many steps. */
const stepMs = 60_000
const mostSteps = 2_000

export function tryAws(dynoxide: Dynoxide): TryOut {
  return async (workflow, faults) => new AwsWorld(workflow, faults).run(dynoxide)
}

class AwsWorld {
  readonly #workflow: CrashWorkflow
  readonly #faults: readonly Fault[]
  readonly #time = new VirtualTime()
  readonly #hosts = new AsyncLocalStorage<Host>()
  readonly #effects: string[] = []
  #calls = 0

  constructor(workflow: CrashWorkflow, faults: readonly Fault[]) {
    this.#workflow = workflow
    this.#faults = faults
  }

  async run(dynoxide: Dynoxide): Promise<Outcome> {
    const { clock } = this.#time
    const app = defineApp(this.#workflow.app((what) => this.#isAlive() && this.#effects.push(what)))
    const world = await openAwsWorld({
      app,
      database: dynoxide,
      clock,
      instrument: (clients) => this.#instrument(clients),
      ports: (ports) => this.#silenceTheDead({ ...ports, store: this.#time.hold(ports.store) }),
      around: async (_, run) => this.#asHost(run),
      // A container that died in the middle is not used again, and of the others none is free for long.
      chooseContainer: () => Number.POSITIVE_INFINITY,
    })
    let isOver = false
    const outside = playOutside(this.#workflow, clock, () => this.#fromOutside(world.management))
    void outside.then(() => (isOver = true))
    const isDone = (): boolean => isOver && isAtRest(world)
    for (let step = 0; step < mostSteps && !isDone(); step++) {
      await this.#time.runUntil(() => false, stepMs)
    }
    const problems = [
      ...(await this.#time.pass(this.#problems(world))),
      ...(isAtRest(world) ? [] : ['messages or schedules are left']),
      ...(isOver ? [] : ['a client was never answered']),
    ]
    await this.#time.pass(world.close())
    return { calls: this.#calls, problems }
  }

  async #problems({ ports }: World): Promise<readonly string[]> {
    return problemsAtRest(this.#workflow, ports.store, this.#effects, this.#faults.length > 0)
  }

  #instrument(clients: AwsClients): void {
    for (const service of services) {
      // The stacks of the three differ in their types alone.
      const client = clients[service] as unknown as DynamoDBClient
      injectFaults(client, (outgoing) => this.#choose(outgoing))
    }
  }

  #choose({ operation }: Outgoing): RequestFault | undefined {
    const host = this.#hosts.getStore()
    if (!host) throw new Error(`${operation} is asked for by nobody.`)
    if (host.isDead || host.failing === operation) return loseRequest
    const call = ++this.#calls
    const way = this.#faults.find((fault) => fault.call === call)?.way
    if (way === undefined) return undefined
    const isDeath = way === 'takes its host down before' || way === 'takes its host down after'
    const isDone = way === 'succeeds, and its answer is lost' || way === 'takes its host down after'
    return async (request, send) => {
      if (isDone) await send()
      if (isDeath) die(host)
      else host.failing = operation
      return loseRequest(request, send)
    }
  }

  /** What a dead host hears is nothing; and it does nothing any more. */
  #silenceTheDead(ports: Ports): Ports {
    return interceptPorts(ports, async (_, run) => {
      if (!this.#isAlive()) return never
      try {
        return await run()
      } finally {
        if (!this.#isAlive()) await never
      }
    })
  }

  async #asHost<T>(run: () => Promise<T>): Promise<T> {
    const died = Promise.withResolvers<never>()
    died.promise.catch(() => {})
    return this.#hosts.run({ died, isDead: false, failing: undefined }, async () =>
      Promise.race([run(), died.promise]),
    )
  }

  #isAlive(): boolean {
    return !this.#hosts.getStore()?.isDead
  }

  /** Every call of a client is an invocation of the function behind the API. */
  #fromOutside(management: Management): Management {
    return new Proxy(management, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => this.#asHost(async () => method.apply(target, args))
      },
    })
  }
}

function die(host: Host): void {
  host.isDead = true
  host.died.reject(new Error('The container died.'))
}

function isAtRest({ sqs, scheduler }: World): boolean {
  const queues = ['WorkflowQueue', 'ActivityQueue', 'WorkflowDeadLetterQueue', 'ActivityDeadLetterQueue']
  const isEmpty = queues.every((name) => {
    const { visible, inFlight, delayed } = sqs.queue(name).counts()
    return visible + inFlight + delayed === 0
  })
  return isEmpty && scheduler.schedules.length === 0
}
