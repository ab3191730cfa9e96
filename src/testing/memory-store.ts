// The store as plain maps: the reference for what the port means, and fast enough for tests by the thousand.

import type { Episode, InstanceKey } from '../runtime/episode.ts'
import type { AppendResult, InstancePage, ListFilter, RowDetail, Store } from '../runtime/ports.ts'
import {
  type AttemptRow,
  type CallKey,
  type InboxRow,
  type InstanceRecord,
  type InstanceRow,
  type Projection,
  type Stall,
  withoutPayloads,
} from '../runtime/rows.ts'
import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { callName, putAttempt } from './memory-attempts.ts'
import { pageOf } from './memory-list.ts'
import { type Kept, MemoryRows } from './memory-rows.ts'

interface Life {
  readonly episodes: Map<number, Episode>
  readonly inbox: Map<string, InboxRow>
  /** Digests of consumed rows. */
  readonly consumed: Map<string, InboxRow>
  readonly attempts: Map<string, AttemptRow>
  opening: number
  newest: number
}

export interface MemoryStoreOptions {
  readonly onChange?: (instanceId: string) => void
  /** Episodes that messages under way may need, where the platform knows: they are kept. */
  readonly isNeeded?: (key: InstanceKey, episode: Episode) => boolean
  /** Left out: what has ended is kept until it is purged. */
  readonly kept?: Kept
}

export class MemoryStore implements Store {
  readonly keepsEndedMs: number
  readonly #rows: MemoryRows
  readonly #lives = new Map<string, Life>()
  readonly #onChange: (instanceId: string) => void
  readonly #isNeeded: (key: InstanceKey, episode: Episode) => boolean

  /** @throws TenutoError `INVALID_DURATION`, `INVALID_ARGUMENT` for a retention that is none */
  constructor({ onChange, isNeeded, kept }: MemoryStoreOptions = {}) {
    this.#rows = new MemoryRows(kept, (row) => this.#lives.delete(lifeKey(row)))
    this.keepsEndedMs = this.#rows.keepsEndedMs
    this.#onChange = onChange ?? (() => {})
    this.#isNeeded = isNeeded ?? (() => false)
  }

  async getInstance(instanceId: string, detail?: RowDetail): Promise<InstanceRow | undefined> {
    const row = this.#rows.get(instanceId)
    if (!row) return undefined
    const { past, ...rest } = this.#withNewest(row)
    return past && detail === 'start' ? { ...rest, past } : rest
  }

  async createInstance(row: InstanceRow, replaces?: string): Promise<InstanceRow | undefined> {
    const present = this.#rows.get(row.instanceId)
    if (present && present.incarnation !== replaces) return this.getInstance(row.instanceId)
    this.#rows.set(row)
    this.#onChange(row.instanceId)
    return undefined
  }

  async read(key: InstanceKey, after?: number): Promise<InstanceRecord> {
    const life = this.#life(key)
    const from = after === undefined ? life.opening || 1 : after + 1
    const episodes: Episode[] = []
    for (let n = from; n <= life.newest; n++) {
      const episode = life.episodes.get(n)
      if (episode) episodes.push(episode)
    }
    const stalled = this.#current(key)?.stalled
    return { episodes, inbox: [...life.inbox.values()], ...(stalled && { stalled }) }
  }

  async readHistory(key: InstanceKey): Promise<readonly Episode[]> {
    return [...this.#life(key).episodes.values()]
  }

  async appendEpisode(key: InstanceKey, episode: Episode): Promise<AppendResult> {
    const life = this.#life(key)
    if (this.#current(key) === undefined) return { kind: 'gone' }
    if (episode.n <= life.newest) {
      const present = life.episodes.get(episode.n)
      return { kind: 'lost', ...(present && { to: present }) }
    }
    if (episode.n > life.newest + 1) {
      const message = `Episode ${episode.n} of ${key.instanceId} does not follow the newest, which is ${life.newest}.`
      throw new TenutoError('STORAGE_FAILED', message)
    }
    life.episodes.set(episode.n, episode)
    life.newest = episode.n
    if (episode.continuedAsNew) life.opening = episode.n
    this.#onChange(key.instanceId)
    return { kind: 'committed' }
  }

  async settled(): Promise<void> {}

  async projectStatus(key: InstanceKey, projection: Projection): Promise<void> {
    const row = this.#current(key)
    if (!row || isTerminal(row.status) || row.episode > projection.episode) return
    const { customStatus: _, stalled, ...rest } = row
    const stillStalled = stalled && !isTerminal(projection.status)
    this.#rows.set({ ...rest, ...projection, ...(stillStalled && { stalled }) })
    this.#onChange(key.instanceId)
  }

  async setStalled(
    key: InstanceKey,
    stall: Stall | undefined,
    at: number,
    replaces?: string,
  ): Promise<boolean> {
    const row = this.#current(key)
    if (!row || isTerminal(row.status)) return !stall
    const { stalled, ...rest } = row
    if (!stalled && !stall) return true
    if (replaces !== undefined && stalled?.mark !== replaces) return false
    this.#rows.set({ ...rest, lastUpdatedAt: at, ...(stall && { stalled: stall }) })
    this.#onChange(key.instanceId)
    return true
  }

  async putInbox(key: InstanceKey, row: InboxRow): Promise<InboxRow | undefined> {
    const life = this.#life(key)
    const present = life.inbox.get(row.factId) ?? life.consumed.get(row.factId)
    if (!present) life.inbox.set(row.factId, row)
    return present
  }

  async putOutcomes(key: InstanceKey, rows: readonly InboxRow[]): Promise<void> {
    const { inbox } = this.#life(key)
    for (const row of rows) if (!inbox.has(row.factId)) inbox.set(row.factId, row)
  }

  async deleteInbox(key: InstanceKey, factIds: readonly string[]): Promise<void> {
    const { inbox, consumed } = this.#life(key)
    for (const factId of factIds) {
      const row = inbox.get(factId)
      if (row?.digest !== undefined) consumed.set(factId, row)
      inbox.delete(factId)
    }
  }

  async getAttempt(key: InstanceKey, call: CallKey): Promise<AttemptRow | undefined> {
    return this.#life(key).attempts.get(callName(call))
  }

  async putAttempt(key: InstanceKey, row: AttemptRow, replaces?: string): Promise<AttemptRow | undefined> {
    return putAttempt(this.#life(key).attempts, row, replaces)
  }

  async countInbox(key: InstanceKey, atMost: number): Promise<number> {
    return Math.min(atMost, this.#life(key).inbox.size)
  }

  async trimHistory(key: InstanceKey, before: number): Promise<void> {
    const { episodes } = this.#life(key)
    for (const [n, episode] of episodes) {
      if (n < before && !this.#isNeeded(key, episode)) episodes.delete(n)
    }
  }

  async purge(key: InstanceKey, at: number): Promise<boolean> {
    const row = this.#rows.get(key.instanceId)
    if (row?.incarnation !== key.incarnation || !isTerminal(row.status)) return false
    if (row.purgedAt !== undefined) return true
    const { tags: _tags, ...rest } = withoutPayloads(row)
    this.#rows.set({ ...rest, purgedAt: at })
    // The line stays: a writer of that life may still be alive, and must find its number taken (R17).
    this.#onChange(key.instanceId)
    return true
  }

  async list(filter: ListFilter): Promise<InstancePage> {
    return pageOf(
      this.#rows.all().map((row) => this.#withNewest(row)),
      filter,
    )
  }

  #withNewest(row: InstanceRow): InstanceRow {
    const life = this.#lives.get(lifeKey(row))
    const newest = life?.episodes.get(life.newest)
    if (!newest) return row
    const { unreadEvents } = newest
    return {
      ...row,
      episode: newest.n,
      lastUpdatedAt: Math.max(row.lastUpdatedAt, newest.at),
      ...(unreadEvents !== undefined && { unreadEvents }),
    }
  }

  #current(key: InstanceKey): InstanceRow | undefined {
    const row = this.#rows.get(key.instanceId)
    return row?.incarnation === key.incarnation && row.purgedAt === undefined ? row : undefined
  }

  #life(key: InstanceKey): Life {
    const text = lifeKey(key)
    const present = this.#lives.get(text)
    if (present) return present
    const life: Life = {
      episodes: new Map(),
      inbox: new Map(),
      consumed: new Map(),
      attempts: new Map(),
      opening: 0,
      newest: 0,
    }
    this.#lives.set(text, life)
    return life
  }
}

function lifeKey({ instanceId, incarnation }: InstanceKey): string {
  return `${incarnation}/${instanceId}`
}
