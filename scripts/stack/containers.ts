// Containers: a process for each, as Lambda has them.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { exampleEnvironment } from '../bundle/environment.ts'
import type { Answer, Call, Loaded } from './host.ts'

export interface ContainerOptions {
  /** Default: what a deployment sets, by way of example. */
  readonly env?: Readonly<Record<string, string>>
  /** Hears every line that the container writes. */
  readonly onLine?: (line: string) => void
}

export interface Container {
  readonly loaded: Loaded
  readonly hasEnded: boolean
  /** Resolves with its exit code once it has ended; with null when it was killed. */
  readonly ended: Promise<number | null>
  /** One call at a time. @throws what the handler threw, as text; also when the container ends */
  call(event: unknown, timeoutMs?: number): Promise<unknown>
  kill(): Promise<void>
}

const host = new URL('host.ts', import.meta.url)

const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Starts a container with a bundle. @throws with what it said, when it does not load */
export async function startContainer(bundlePath: string, options: ContainerOptions = {}): Promise<Container> {
  const { env = exampleEnvironment, onLine = () => {} } = options
  const child = fork(host, [bundlePath], {
    env: { PATH: process.env['PATH'], ...env },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  alive.add(child)
  const said: string[] = []
  let hasLoaded = false
  const hear = (line: string): void => {
    if (!hasLoaded) said.push(line)
    if (line !== '') onLine(line)
  }
  for (const input of [child.stdout, child.stderr]) {
    if (input) createInterface({ input, crlfDelay: Infinity }).on('line', hear)
  }
  let hasEnded = false
  // Its last lines are read by then.
  const ended = once(child, 'close').then(([code]) => {
    alive.delete(child)
    hasEnded = true
    return code as number | null
  })
  const loaded = await Promise.race([
    once(child, 'message').then(([message]) => message as Loaded),
    ended.then((code): never => {
      throw new Error(`The container ended with code ${code}: ${said.join('\n')}`)
    }),
  ])
  hasLoaded = true
  return {
    loaded,
    get hasEnded() {
      return hasEnded
    },
    ended,
    call: createCalls(child, ended),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function createCalls(child: ChildProcess, ended: Promise<number | null>): Container['call'] {
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  const answer = (given: Answer): void => {
    waiting.get(given.id)?.(given)
    waiting.delete(given.id)
  }
  child.on('message', answer)
  let end: string | undefined
  void ended.then((code) => {
    end = code === null ? 'The container was killed.' : `The container ended with code ${code}.`
    for (const id of waiting.keys()) answer({ id, error: end })
  })
  return async (event, timeoutMs = 30_000) => {
    const id = ++last
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    if (end !== undefined) answer({ id, error: end })
    // A child that is ending takes nothing more; what waits for it hears of its end.
    else child.send({ id, event, timeoutMs } satisfies Call, () => {})
    const { result, error } = await answered
    if (error !== undefined) throw new Error(error)
    return result
  }
}
