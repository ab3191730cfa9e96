// What there is to look at when a world has come to rest: the lives that instances have had, and what became of them.

import type { Episode } from '../../src/runtime/episode.ts'
import type { Store } from '../../src/runtime/ports.ts'
import type { Clients } from './clients.ts'
import type { ProgramInput } from './interpreter.ts'

/** Attempts of activities that have run: how often each, and for whom. */
interface Ledger {
  readonly runs: ReadonlyMap<string, number>
  /** Of each run the attempts that it has made, each counted once, by what they were asked. */
  readonly effects: ReadonlyMap<string, ReadonlyMap<number, number>>
}

export interface RestView {
  readonly lines: ReadonlyMap<string, readonly Episode[]>
  readonly store: Store
  readonly clients: Clients
  readonly ledger: Ledger
  /** Things that the platform still keeps. */
  readonly left: readonly string[]
  /** Messages were destroyed: what nobody waits for is not missed by anybody. */
  readonly isWiped: boolean
  /** Hosts die and stand still: an activity may run again, and its second run may do what nobody hears of. */
  readonly isFaulty: boolean
  /** Whatever is asked of the world is done at once or never. */
  readonly isTimely: boolean
  /** When lives were purged, ms since the epoch, by incarnation; where somebody has seen it. */
  readonly purged: ReadonlyMap<string, number>
  /** When nothing goes wrong any more, ms since the epoch. */
  readonly calmFrom: number
  readonly violated: (text: string) => void
}

export interface Life {
  readonly key: string
  readonly instanceId: string
  readonly incarnation: string
  readonly line: readonly Episode[]
  /** Its id has been used again: what it had asked for and nobody awaits may have been dropped. */
  readonly isOver: boolean
}

export async function toLife(key: string, line: readonly Episode[], store: Store): Promise<Life> {
  const at = key.indexOf('/')
  const [incarnation, instanceId] = [key.slice(0, at), key.slice(at + 1)]
  const row = await store.getInstance(instanceId)
  const isOver = row?.incarnation !== incarnation || row.purgedAt !== undefined
  return { key, incarnation, instanceId, line, isOver }
}

/** The label that a life was started with. */
export function labelOf({ line }: Life): string | undefined {
  const started = line[0]?.events.find((event) => event.kind === 'executionStarted')
  if (started?.input === undefined) return undefined
  return (JSON.parse(started.input) as Partial<ProgramInput>).label
}
