// Sends so many requests, each on a connection of its own, and looks at every answer; now and then it looks whether the server is well:
// every instance answers and can be ended, and the heap is no larger than it was.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { workflowsPath } from '../../src/http/wire.ts'
import { isTerminal, type RuntimeStatus } from '../../src/workflow/status.ts'
import { problemOf, readAnswers } from './answers.ts'
import { type FuzzRequest, fuzzRequest, type Kind } from './requests.ts'
import type { FuzzServer } from './server.ts'

export interface FuzzOptions {
  readonly requests: number
  readonly seed: number
  /** Hears of each look at the server. */
  readonly onCheckUp?: (sent: number, heapBytes: number) => void
}

export interface FuzzResult {
  readonly sent: Readonly<Record<Kind, number>>
  /** Answers by status; `none` for connections that ended without one. */
  readonly answers: ReadonlyMap<string, number>
  /** Instances that were there at a look, and were ended. */
  readonly ended: number
  /** After a garbage collection, at each look. */
  readonly heapBytes: readonly number[]
  readonly problems: readonly string[]
}

/** Connections at once. */
const concurrency = 16
/** After so long without a byte a client says that nothing more comes from it; with raw bytes it says so at once. */
const patienceMs = 200
/** After so long without a byte a connection has said all that it will. */
const silenceMs = 5_000
const looks = 10

export async function runFuzz(server: FuzzServer, options: FuzzOptions): Promise<FuzzResult> {
  return new Fuzz(server, options).run()
}

class Fuzz {
  readonly #server: FuzzServer
  readonly #options: FuzzOptions
  readonly #sent: Record<Kind, number> = { structured: 0, raw: 0, pipelined: 0, slow: 0 }
  readonly #answers = new Map<string, number>()
  readonly #problems: string[] = []
  /** Whatever a start was answered with. */
  readonly #started = new Set<string>()
  #ended = 0

  constructor(server: FuzzServer, options: FuzzOptions) {
    this.#server = server
    this.#options = options
  }

  async run(): Promise<FuzzResult> {
    const { requests, onCheckUp = () => {} } = this.#options
    const heapBytes: number[] = []
    for (let look = 1; look <= looks; look++) {
      const from = Math.floor((requests * (look - 1)) / looks)
      const to = Math.floor((requests * look) / looks)
      await this.#sendAll(from, to)
      await this.#endInstances()
      heapBytes.push(await heapAfterCollection())
      onCheckUp(to, heapBytes.at(-1) ?? 0)
    }
    return {
      sent: this.#sent,
      answers: this.#answers,
      ended: this.#ended,
      heapBytes,
      problems: this.#problems,
    }
  }

  async #sendAll(from: number, to: number): Promise<void> {
    let next = from
    const work = async (): Promise<void> => {
      while (next < to) await this.#send(next++)
    }
    await Promise.all(Array.from({ length: concurrency }, work))
  }

  async #send(number: number): Promise<void> {
    const request = fuzzRequest(this.#options.seed, number)
    this.#sent[request.kind]++
    try {
      const answers = readAnswers(await exchange(this.#server.port, request))
      if (answers.length === 0) this.#count(`none (${request.kind})`)
      for (const answer of answers) {
        this.#count(String(answer.status))
        const problem = problemOf(answer)
        if (problem !== undefined) this.#complain(number, request, problem)
        if (answer.status === 202) this.#noteStart(answer.body)
      }
    } catch (error) {
      this.#complain(number, request, String(error))
    }
  }

  #noteStart(body: string): void {
    const { instanceID } = JSON.parse(body || '{}') as { readonly instanceID?: string }
    if (instanceID !== undefined) this.#started.add(instanceID)
  }

  #count(what: string): void {
    this.#answers.set(what, (this.#answers.get(what) ?? 0) + 1)
  }

  #complain(number: number, { kind, parts }: FuzzRequest, problem: string): void {
    const text = JSON.stringify(Buffer.concat(parts).toString('latin1')).slice(0, 600)
    this.#problems.push(`request ${number} (${kind}): ${problem}\n      ${text}`)
  }

  /** None is stuck: each answers, ends when it is told to, and can be taken away. */
  async #endInstances(): Promise<void> {
    for (const id of this.#started) {
      const path = `${this.#server.url}${workflowsPath}/${encodeURIComponent(id)}`
      const there = await fetch(path)
      await there.text()
      if (there.status === 404) continue
      const told = await fetch(`${path}/terminate`, { method: 'POST' })
      await told.text()
      const end = await fetch(`${path}?wait=10&until=completion`)
      const { runtimeStatus } = (await end.json()) as { readonly runtimeStatus: string }
      const purged = await fetch(`${path}/purge`, { method: 'POST' })
      await purged.text()
      const isOver = isTerminal(runtimeStatus as RuntimeStatus)
      if (there.status !== 200 || told.status !== 202 || !isOver || purged.status !== 202) {
        this.#problems.push(
          `${id} is stuck: ${there.status}, ${told.status}, ${runtimeStatus}, ${purged.status}`,
        )
      }
      this.#ended++
    }
    this.#started.clear()
  }
}

/** @returns all that comes until the server closes the connection, or says nothing more */
async function exchange(port: number, { kind, parts }: FuzzRequest): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  // Being cut off is one of the answers here.
  socket.on('error', () => {})
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // To end at once would not do: Node takes it for a client that has gone, and drops the answer.
  const isRequest = kind === 'structured' || kind === 'pipelined'
  socket.setTimeout(isRequest ? patienceMs : silenceMs, () => {
    if (isRequest && socket.writable) socket.end()
    else socket.destroy()
  })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await Promise.race([once(socket, 'connect'), closed])
  for (const part of parts) await write(socket, part)
  // A slow one keeps the server waiting until it has had enough.
  if (kind === 'raw') socket.end()
  await closed
  return Buffer.concat(chunks)
}

async function write(socket: Socket, part: Uint8Array): Promise<void> {
  if (!socket.writable) return
  await new Promise<void>((resolve) => socket.write(part, () => resolve()))
}

async function heapAfterCollection(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  return process.memoryUsage().heapUsed
}
