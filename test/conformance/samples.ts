// Rows and episodes for tests of stores.

import type { Episode, InstanceKey } from '../../src/runtime/episode.ts'
import type { InboxRow, InstanceRow } from '../../src/runtime/rows.ts'

export const key: InstanceKey = { instanceId: 'order-1', incarnation: 'life-1' }
export const nextLife: InstanceKey = { ...key, incarnation: 'life-2' }

export function rowOf(of: InstanceKey, more: Partial<InstanceRow> = {}): InstanceRow {
  return {
    ...of,
    name: 'orderProcessing',
    status: 'PENDING',
    createdAt: 1_000,
    lastUpdatedAt: 1_000,
    startDigest: 'digest',
    episode: 0,
    ...more,
  }
}

export function episodeOf(n: number, more: Partial<Episode> = {}): Episode {
  return {
    n,
    generation: 1,
    nonce: `nonce-${n}`,
    by: `token-${n}`,
    at: 1_000 + n,
    events: [{ kind: 'timerFired', generation: 1, seq: n }],
    commands: [{ kind: 'createTimer', seq: n, dueAt: 5_000 }],
    status: 'RUNNING',
    ...more,
  }
}

/** An episode that ends its generation and opens the next. */
export function openingOf(n: number): Episode {
  const started = {
    ...key,
    kind: 'executionStarted',
    generation: 2,
    name: 'orderProcessing',
    flags: [],
  } as const
  return episodeOf(n, { continuedAsNew: { started, events: [], consumed: [] } })
}

export function eventRow(factId: string, more: Partial<InboxRow> = {}): InboxRow {
  const event = { kind: 'eventRaised', id: factId, name: 'approval', input: '{"by":"me"}' } as const
  return { factId, event, acceptedAt: 2_000, digest: `digest of ${factId}`, ...more }
}

export function outcomeRow(seq: number, output: string): InboxRow {
  const event = { kind: 'taskCompleted', generation: 1, seq, output } as const
  return { factId: `t:1.${seq}`, event, acceptedAt: 2_000 }
}
