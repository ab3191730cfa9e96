// The platform port by port: the production engine and runtime over a backend in memory, each of whose calls may fail.

import { createManagement } from '../../src/runtime/manage.ts'
import type { Message, TimerMessage } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { createMemoryBackend, type MemoryBackend } from '../../src/testing/memory-backend.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { minute } from './conditions.ts'
import type { FaultSource, Host } from './faults.ts'
import { faultyPorts } from './faulty-ports.ts'
import { Hosts, miscounted } from './hosts.ts'
import { overHttp } from './http-caller.ts'
import { type Caller, gathered, hostCount, type Platform, type Surroundings } from './platform.ts'
import { probed } from './probes.ts'
import type { Rng } from './rng.ts'

export function portsPlatform(world: Surroundings): Platform {
  return new PortsPlatform(world)
}

class PortsPlatform implements Platform {
  readonly #world: Surroundings
  readonly #begin: number
  readonly #backend: MemoryBackend
  readonly #hosts: Hosts
  readonly #http: Rng

  constructor(world: Surroundings) {
    const { rng, conditions, clock } = world
    this.#world = world
    this.#begin = clock.now()
    this.#http = rng.fork('http')
    this.#backend = this.#createBackend()
    this.#watchStore()
    this.#putOneByOne()
    const connect = (host: Host): Ports => this.#connect(host)
    this.#hosts = new Hosts(
      { rng: rng.fork('hosts'), skewMs: conditions.skewMs, app: () => world.app(), connect },
      hostCount,
    )
  }

  get store() {
    return this.#backend.store
  }

  get outside() {
    return createManagement(this.#backend.ports)
  }

  async begin(): Promise<void> {
    const { mutant } = this.#world
    this.#backend.queue.run(() => mutant?.consumer?.(this.#consumer()) ?? this.#consumer())
  }

  caller(): Caller {
    const runtime = this.#hosts.any()
    const { management } = runtime
    const isHttp = this.#world.conditions.http
    return {
      management: isHttp ? overHttp(management, this.#world, this.#http) : management,
      recoverStalled: async () => runtime.recoverStalled(),
    }
  }

  async sweep(periodMs: number): Promise<boolean> {
    const { seen, nudged, rung } = await this.#consumer().sweep({ periodMs })
    this.#world.count('rung or nudged by the sweeper', nudged + rung)
    return seen <= 1 && nudged + rung === 0 && this.#backend.queue.isIdle
  }

  wipe(): void {
    this.#backend.queue.wipe()
  }

  deploy(): void {
    this.#hosts.replaceOldest()
  }

  async left(): Promise<readonly string[]> {
    const { queue } = this.#backend
    const messages = queue.isIdle ? [] : ['messages']
    return [...messages, ...queue.timers.map((timer) => `timer ${timer}`)]
  }

  close(): void {
    this.#hosts.close()
  }

  #createBackend(): MemoryBackend {
    const world = this.#world
    const rng = world.rng.fork('queue')
    const { duplicates, duplicateTimers, lateTimersMs, largeInputs, workflowBatch, activityBatch } =
      world.conditions
    const backend = createMemoryBackend({
      clock: world.clock,
      newId: world.newId,
      manners: {
        ...(largeInputs && { fits: (message) => message.kind !== 'activity' || !message.input }),
        latencyMs: () => gathered(world, this.#begin, rng.int(1, world.isFaulty() ? 20_000 : 30)),
        duplicateAfterMs: () => (world.isFaulty() && rng.chance(duplicates) ? this.#again(rng) : undefined),
        pick: (count) => (world.isFaulty() ? rng.int(0, count - 1) : 0),
        visibilityMs: world.visibilityMs,
        batch: (queue) => (queue === 'workflow' ? workflowBatch : activityBatch),
        // An activity that dies is a failure for its workflow; the oracle knows no such thing.
        maxReceives: (queue) => (queue === 'workflow' ? 8 : 1_000),
      },
    })
    const { queue } = backend
    const schedule = queue.schedule.bind(queue)
    queue.schedule = async (timers: readonly TimerMessage[]) => {
      await schedule(timers)
      for (const timer of timers) {
        if (!world.isFaulty() || !rng.chance(duplicateTimers)) continue
        world.count('timer fired twice')
        const delayMs = Math.max(0, timer.dueAt - world.clock.now()) + rng.int(0, 1 + lateTimersMs)
        await queue.send([timer], delayMs)
      }
    }
    world.mutant?.backend?.(backend)
    return backend
  }

  #again(rng: Rng): number {
    this.#world.count('message delivered twice')
    return rng.int(1, 12 * minute)
  }

  #consumer(): Runtime {
    const { conditions, rng, count, isFaulty } = this.#world
    const { miscounts } = conditions
    const runtime = this.#hosts.any()
    const isWrong = (): boolean => isFaulty() && rng.chance(miscounts)
    const { handle, handleDead } = miscounts === 0 ? runtime : miscounted(runtime, isWrong)
    return {
      ...runtime,
      handle,
      handleDead: async (delivery) => {
        if (delivery.message.kind !== 'activity') count('dead letter of a workflow message')
        return handleDead(delivery)
      },
    }
  }

  #connect(host: Host): Ports {
    const { mutant, rng, count } = this.#world
    const ports = faultyPorts(this.#checkedPorts(), host, this.#source(host))
    return probed(mutant?.ports?.(ports, rng) ?? ports, count)
  }

  /** Each host has dice of its own: with the same ones every new host would die of the same call as the one before, over and over. */
  #source({ name }: Host): FaultSource {
    const { clock, rng, conditions, isFaulty, count, visibilityMs, trace } = this.#world
    return {
      clock,
      rng: rng.fork(`faults of ${name}`),
      rates: () => (isFaulty() ? conditions.rates : undefined),
      count,
      visibilityMs,
      crash: (host) => this.#hosts.crash(host),
      trace,
    }
  }

  /** I3: nothing is sent that is not committed. */
  #checkedPorts(): Ports {
    const { ports, queue, store } = this.#backend
    const { pageSize } = this.#world.conditions
    return withPorts(ports, {
      send: async (messages: readonly Message[], delayMs?: number) => {
        this.#world.sent(messages)
        return queue.send(messages, delayMs)
      },
      list: async (filter) => store.list({ ...filter, limit: pageSize }),
    })
  }

  #watchStore(): void {
    const { store } = this.#backend
    const purge = store.purge.bind(store)
    store.purge = async (key, at) => {
      const isDone = await purge(key, at)
      if (isDone) this.#world.purged(key)
      return isDone
    }
    const append = store.appendEpisode.bind(store)
    store.appendEpisode = async (key, episode) => {
      const result = await append(key, episode)
      if (result.kind === 'committed') this.#world.committed(key, episode)
      return result
    }
  }

  /** As a store does that has no transaction over several rows: they appear one after the other. */
  #putOneByOne(): void {
    const { store } = this.#backend
    const { clock } = this.#world
    const rng = this.#world.rng.fork('rows')
    const put = store.putOutcomes.bind(store)
    store.putOutcomes = async (key, rows) => {
      for (const [at, row] of rows.entries()) {
        if (at > 0) await clock.sleep(rng.int(0, 40))
        await put(key, [row])
      }
    }
  }
}
