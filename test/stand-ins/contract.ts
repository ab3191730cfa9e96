// What contract cases have in common. A contract is written from AWS's documentation and takes clients of the SDK and nothing else, so
// that it can be held against any endpoint that claims to be the service: the stand-ins, an emulator, AWS itself.

import { expect } from 'vitest'
import { systemClock } from '../../src/local/clock.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'

/** The time that an endpoint lives in. */
export interface ContractTime {
  now(): number
  /** Lets time pass. */
  pass(ms: number): Promise<void>
  /** Waits for a request that the endpoint may hold for a while. */
  during<T>(request: Promise<T>): Promise<T>
}

interface Case<Clients> {
  /** It takes minutes at an endpoint that lives in real time. */
  readonly slow?: boolean
  readonly run: (clients: Clients) => Promise<void>
}

export type Contract<Clients> = Readonly<Record<string, Case<Clients>>>

export function virtualTime(clock: VirtualClock): ContractTime {
  return {
    now: () => clock.now(),
    async pass(ms) {
      let over = false
      clock.at(ms, () => {
        over = true
      })
      await clock.runUntil(() => over)
    },
    async during(request) {
      let settled = false
      const note = (): void => {
        settled = true
      }
      request.then(note, note)
      await clock.runUntil(() => settled)
      return request
    },
  }
}

/** A second more than asked for: a service rounds, and its clock is another. */
export const realTime: ContractTime = {
  now: () => systemClock.now(),
  pass: (ms) => systemClock.sleep(ms + 1_000),
  during: (request) => request,
}

/** The name of the error with which a request is refused. */
export async function refusal(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )
}

let names = 0

/** A name that no other case uses, also on an endpoint that remembers. */
export function freshName(stem: string): string {
  return `tenuto-${stem}-${process.pid}-${Date.now().toString(36)}-${++names}`
}

/** States that every one of several refused requests has this error's name. */
export async function expectRefusals(
  name: string,
  requests: readonly (() => Promise<unknown>)[],
): Promise<void> {
  for (const request of requests) expect(await refusal(request())).toBe(name)
}
