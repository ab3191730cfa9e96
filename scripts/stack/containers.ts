// Containers: a process for each, as Lambda has them.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { exampleEnvironment } from '../bundle/environment.ts'
import type { Answer, Call, Loaded } from './host.ts'

export interface Container {
  readonly loaded: Loaded
  /** Lines that it has written. */
  readonly output: string[]
  call(event: unknown, timeoutMs?: number): Promise<unknown>
  /** Resolves with its exit code once it has ended; with null when it was killed. */
  readonly ended: Promise<number | null>
  kill(): Promise<void>
}

const host = new URL('host.ts', import.meta.url)

/** Starts a container with a bundle. */
export async function startContainer(
  bundlePath: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Container> {
  const child = fork(host, [bundlePath], {
    env: { PATH: process.env['PATH'], ...exampleEnvironment, ...env },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const output: string[] = []
  const ended = once(child, 'exit').then(([code]) => {
    process.off('exit', kill)
    return code as number | null
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => output.push(...text.split('\n').filter(Boolean)))
  }
  const loaded = await Promise.race([
    once(child, 'message').then(([message]) => message as Loaded),
    ended.then((code): never => {
      throw new Error(`The container ended with code ${code}: ${output.join('\n')}`)
    }),
  ])
  return {
    loaded,
    output,
    ended,
    call: createCalls(child, ended),
    async kill() {
      kill()
      await ended
    },
  }
}

function createCalls(child: ChildProcess, ended: Promise<number | null>): Container['call'] {
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer))
  return async (event, timeoutMs = 30_000) => {
    const id = ++last
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    child.send({ id, event, timeoutMs } satisfies Call)
    const { result, error } = await Promise.race([
      answered,
      ended.then((code) => ({ id, result: undefined, error: `The container ended with code ${code}.` })),
    ])
    if (error !== undefined) throw new Error(error)
    return result
  }
}
