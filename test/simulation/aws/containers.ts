// The containers of all functions. Lambda gives a container one invocation at a time, and starts another one when all are busy.

import type { LambdaContext } from '../../../src/aws/index.ts'
import type { Host } from '../faults.ts'
import type { Surroundings } from '../platform.ts'
import type { Rng } from '../rng.ts'

export type FunctionName = 'orchestrator' | 'activity' | 'deadLetter' | 'sweeper' | 'api'

export type Handler = (event: never, context: LambdaContext) => Promise<unknown>

interface Container {
  readonly functionName: FunctionName
  readonly host: Host
  readonly handler: Handler
  isBusy: boolean
}

/** Free containers beyond which none is started. */
const enough = 3

export class Containers {
  readonly #world: Surroundings
  readonly #rng: Rng
  readonly #start: (functionName: FunctionName, host: Host) => Handler
  #all: Container[] = []
  #started = 0

  constructor(world: Surroundings, start: (functionName: FunctionName, host: Host) => Handler) {
    this.#world = world
    this.#rng = world.rng.fork('containers')
    this.#start = start
  }

  /** A container that dies of it never answers. */
  async invoke(functionName: FunctionName, event: unknown, context: LambdaContext): Promise<unknown> {
    const container = this.#choose(functionName)
    container.isBusy = true
    try {
      return await container.handler(event as never, context)
    } finally {
      container.isBusy = false
    }
  }

  crash(host: Host): void {
    host.dead = true
    this.#all = this.#all.filter((each) => each.host !== host)
  }

  /** Those of a function do what they have begun, and are given nothing more. */
  replace(functionNames: readonly FunctionName[]): void {
    this.#all = this.#all.filter((each) => !functionNames.includes(each.functionName))
  }

  #choose(functionName: FunctionName): Container {
    const free = this.#all.filter((each) => each.functionName === functionName && !each.isBusy)
    const chosen = free[this.#rng.int(0, free.length < enough ? free.length : free.length - 1)]
    return chosen ?? this.#boot(functionName)
  }

  #boot(functionName: FunctionName): Container {
    const { skewMs } = this.#world.conditions
    const skew = skewMs === 0 ? 0 : this.#rng.int(-skewMs, skewMs)
    const name = `${functionName.slice(0, 1)}${++this.#started}`
    const host: Host = { name, skewMs: skew, dead: false, frozenUntil: 0 }
    const container = { functionName, host, handler: this.#start(functionName, host), isBusy: false }
    this.#all.push(container)
    return container
  }
}
