// A function whose containers are no processes: a handler in this one, which can be made to end.

import type { Container } from '../../scripts/stack/containers.ts'
import { DeployedFunction, type FunctionOptions } from '../../scripts/stack/deployed-function.ts'
import type { VirtualClock } from '../../src/testing/index.ts'

export interface FakeContainer extends Container {
  readonly number: number
  crash(): void
}

/** @param container the number of the container, from 1 */
export type FakeHandler = (event: unknown, container: FakeContainer) => Promise<unknown>

export interface FakeFunction {
  readonly target: DeployedFunction
  /** All that were started. */
  readonly containers: readonly FakeContainer[]
}

export function fakeFunction(
  clock: VirtualClock,
  handler: FakeHandler,
  options: Partial<FunctionOptions> = {},
): FakeFunction {
  const containers: FakeContainer[] = []
  const target = new DeployedFunction({
    name: 'Fake',
    arn: 'arn:aws:lambda:us-east-1:123456789012:function:Fake',
    timeoutMs: 30_000,
    concurrency: 2,
    clock,
    async start() {
      const container = fakeContainer(containers.length + 1, handler)
      containers.push(container)
      return container
    },
    ...options,
  })
  return { target, containers }
}

function fakeContainer(number: number, handler: FakeHandler): FakeContainer {
  const { promise: ended, resolve } = Promise.withResolvers<number | null>()
  let hasEnded = false
  const end = (code: number | null): void => {
    hasEnded = true
    resolve(code)
  }
  const container: FakeContainer = {
    number,
    loaded: { lengths: {}, builtins: [] },
    get hasEnded() {
      return hasEnded
    },
    ended,
    async call(event) {
      const gone = ended.then((code): never => {
        throw new Error(`The container ended with code ${code}.`)
      })
      return Promise.race([handler(event, container), gone])
    },
    crash: () => end(129),
    kill: async () => end(null),
  }
  return container
}
