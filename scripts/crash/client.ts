// A client as one is told to write it: every request has a key, and is made again with the same key until it is answered. Now and then
// one gives up after the first failure, and never knows.

import { setTimeout as sleep } from 'node:timers/promises'
import type { WireHistory, WireStatus } from '../../src/http/wire.ts'
import { workflowsPath } from '../../src/http/wire.ts'
import type { Rng } from '../../test/simulation/rng.ts'
import type { Entry, Instance, Journal } from './journal.ts'
import { closing } from './load-app.ts'

/** After this a client takes an answer for lost. */
const patienceMs = 10_000

interface Asked {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly key?: string
}

interface Answer {
  readonly status: number
  readonly json: unknown
}

export class Client {
  readonly number: number
  readonly #url: string
  readonly #rng: Rng
  readonly #journal: Journal
  readonly #file: string

  /** @param file of the effects */
  constructor(number: number, parts: { url: string; rng: Rng; journal: Journal; file: string }) {
    this.number = number
    this.#url = parts.url
    this.#rng = parts.rng
    this.#journal = parts.journal
    this.#file = parts.file
  }

  /** @returns whether it was accepted */
  async start(instance: Instance, mayGiveUp = false): Promise<boolean> {
    const { id, workflow, size } = instance
    const answer = await this.#ask({
      method: 'POST',
      path: `${workflow}/start?instanceID=${id}`,
      body: { file: this.#file, size },
      key: `start ${id}`,
      mayGiveUp,
    })
    instance.isAccepted = this.#isAccepted(answer, `start of ${id}`)
    return instance.isAccepted
  }

  /** One entry after the other; the next one is sent when the one before was answered. */
  async write(instance: Instance, count: number, round: string): Promise<void> {
    for (let at = 0; at < count; at++) {
      const entry: Entry = {
        text: `${round} ${this.number} ${instance.entries.length}`,
        client: this.number,
        isAccepted: false,
      }
      instance.entries.push(entry)
      const answer = await this.#raise(instance, entry.text, this.#rng.chance(0.1))
      entry.isAccepted = this.#isAccepted(answer, `entry ${entry.text} of ${instance.id}`)
      if (this.#rng.chance(0.2)) await this.look(instance)
    }
  }

  /** @throws never; a ledger that is not closed does not end, and the checker says so */
  async close(instance: Instance): Promise<void> {
    this.#isAccepted(await this.#raise(instance, closing, false), `end of ${instance.id}`)
  }

  async terminate(instance: Instance): Promise<void> {
    instance.termination = 'attempted'
    const answer = await this.#ask({ method: 'POST', path: `${instance.id}/terminate`, body: {} })
    if (this.#isAccepted(answer, `termination of ${instance.id}`)) instance.termination = 'accepted'
  }

  /** @returns undefined when there is no such instance */
  async look(instance: Instance, waitSeconds?: number): Promise<WireStatus | undefined> {
    const wait = waitSeconds === undefined ? '' : `?wait=${waitSeconds}`
    const answer = await this.#ask({ method: 'GET', path: `${instance.id}${wait}` })
    if (answer?.status !== 200) return undefined
    const status = answer.json as WireStatus
    instance.seen.push({
      client: this.number,
      status: status.runtimeStatus,
      customStatus: status.properties['dapr.workflow.custom_status'] ?? '',
      output: status.properties['dapr.workflow.output'] ?? '',
    })
    return status
  }

  async history(id: string): Promise<WireHistory | undefined> {
    const answer = await this.#ask({ method: 'GET', path: `${id}/history` })
    return answer?.status === 200 ? (answer.json as WireHistory) : undefined
  }

  async #raise({ id }: Instance, entry: string, mayGiveUp: boolean): Promise<Answer | undefined> {
    const key = `${id} ${entry}`
    return this.#ask({ method: 'POST', path: `${id}/raiseEvent/entry`, body: entry, key, mayGiveUp })
  }

  #isAccepted(answer: Answer | undefined, what: string): boolean {
    if (!answer) return false
    const isAccepted = answer.status >= 200 && answer.status < 300
    if (!isAccepted) {
      this.#journal.complaints.push(`${what} was refused: ${answer.status} ${JSON.stringify(answer.json)}`)
    }
    return isAccepted
  }

  /** @returns undefined when it has given up */
  async #ask({ mayGiveUp = false, ...asked }: Asked & { mayGiveUp?: boolean }): Promise<Answer | undefined> {
    for (;;) {
      const answer = await this.#askOnce(asked)
      if (answer) return answer
      if (mayGiveUp) return undefined
      this.#journal.retries++
      await sleep(this.#rng.int(10, 100))
    }
  }

  /** @returns undefined when nothing is known: there was no answer, or one that says so */
  async #askOnce({ method, path, body, key }: Asked): Promise<Answer | undefined> {
    try {
      const response = await fetch(`${this.#url}${workflowsPath}/${path}`, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
      })
      const text = await response.text()
      if (response.status >= 500 || response.status === 429) return undefined
      return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
    } catch {
      return undefined
    }
  }
}
