// The store port on SQLite. Statements run at once, handlers are answered at once, others after the flush (see `WriteLog`); nothing is
// found or written under a key whose incarnation is not the present one.

import type { Episode, InstanceKey } from '../runtime/episode.ts'
import type { AppendResult, Clock, InstancePage, ListFilter, RowDetail, Store } from '../runtime/ports.ts'
import type {
  AttemptRow,
  CallKey,
  InboxRow,
  InstanceRecord,
  InstanceRow,
  Projection,
  Stall,
} from '../runtime/rows.ts'
import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { AttemptTable } from './attempt-table.ts'
import type { Database } from './database.ts'
import { EpisodeTable } from './episode-table.ts'
import { InboxTable } from './inbox-table.ts'
import { InstanceTable } from './instance-table.ts'
import { InstanceList } from './list.ts'
import type { MessageTable } from './message-table.ts'
import type { Ages } from './retention.ts'
import type { WriteLog } from './write-log.ts'

export interface StoreParts {
  readonly database: Database
  readonly messages: MessageTable
  readonly log: WriteLog
  readonly clock: Clock
  readonly keepsEndedMs: number
}

export class LocalStore implements Store {
  readonly keepsEndedMs: number
  readonly #log: WriteLog
  readonly #clock: Clock
  readonly #instances: InstanceTable
  readonly #list: InstanceList
  readonly #episodes: EpisodeTable
  readonly #inbox: InboxTable
  readonly #attempts: AttemptTable
  readonly #messages: MessageTable

  constructor({ database, messages, log, clock, keepsEndedMs }: StoreParts) {
    this.keepsEndedMs = keepsEndedMs
    this.#log = log
    this.#clock = clock
    this.#instances = new InstanceTable(database)
    this.#list = new InstanceList(database)
    this.#episodes = new EpisodeTable(database)
    this.#inbox = new InboxTable(database)
    this.#attempts = new AttemptTable(database)
    this.#messages = messages
  }

  async getInstance(instanceId: string, detail?: RowDetail): Promise<InstanceRow | undefined> {
    return this.#log.read(() => this.#instances.row(instanceId, detail), instanceId)
  }

  async createInstance(row: InstanceRow, replaces?: string): Promise<InstanceRow | undefined> {
    return this.#log.write((group) => {
      const present = this.#instances.find(row.instanceId)
      if (present && present.incarnation !== replaces) return this.#instances.row(row.instanceId)
      if (present) {
        this.#removeContents({ instanceId: row.instanceId, incarnation: present.incarnation }, present.life)
        this.#instances.remove(present.life)
      }
      this.#instances.insert(row)
      group.changes(row.instanceId)
      return undefined
    })
  }

  async read(key: InstanceKey, after?: number): Promise<InstanceRecord> {
    const query = () => {
      const life = this.#instances.alive(key)
      if (!life) return { episodes: [], inbox: [] }
      const from = after === undefined ? life.opening_n : after + 1
      const stalled = this.#instances.stalled(life)
      const inbox = this.#inbox.all(life.life)
      return { episodes: this.#episodes.from(life.life, from), inbox, ...(stalled && { stalled }) }
    }
    return this.#log.read(query, key.instanceId)
  }

  async readHistory(key: InstanceKey): Promise<readonly Episode[]> {
    return this.#log.read(() => {
      const life = this.#instances.alive(key)
      return life ? this.#episodes.from(life.life, 0) : []
    }, key.instanceId)
  }

  async appendEpisode(key: InstanceKey, episode: Episode): Promise<AppendResult> {
    const { n } = episode
    const body = JSON.stringify(episode)
    const result = await this.#log.write((group): AppendResult | { readonly lastN: number } => {
      const life = this.#instances.alive(key)
      if (!life) return { kind: 'gone' }
      if (n <= life.last_n) {
        const rival = this.#episodes.get(life.life, n)
        return { kind: 'lost', ...(rival && { to: rival }) }
      }
      if (n > life.last_n + 1) return { lastN: life.last_n }
      this.#episodes.insert(life.life, n, body)
      this.#instances.advance(life, episode)
      group.changes(key.instanceId)
      return { kind: 'committed' }
    })
    if ('kind' in result) return result
    // Its writer believes in episodes that a failed flush has undone.
    const message = `Episode ${n} of ${key.instanceId} does not follow the newest, which is ${result.lastN}: read it again.`
    throw new TenutoError('STORAGE_FAILED', message)
  }

  async settled(): Promise<void> {
    return this.#log.settled()
  }

  async projectStatus(key: InstanceKey, projection: Projection): Promise<void> {
    return this.#log.write((group) => {
      const life = this.#instances.alive(key)
      if (!life || isTerminal(life.projected) || life.shown_n > projection.episode) return
      this.#instances.project(life, projection)
      group.changes(key.instanceId)
    })
  }

  async setStalled(
    key: InstanceKey,
    stall: Stall | undefined,
    at: number,
    replaces?: string,
  ): Promise<boolean> {
    return this.#log.write((group) => {
      const life = this.#instances.alive(key)
      if (!life || isTerminal(life.projected)) return !stall
      const present = this.#instances.stalled(life)
      if (!present && !stall) return true
      if (replaces !== undefined && present?.mark !== replaces) return false
      this.#instances.setStalled(life, stall, at)
      group.changes(key.instanceId)
      return true
    })
  }

  async putInbox(key: InstanceKey, row: InboxRow): Promise<InboxRow | undefined> {
    return this.#log.write(() => {
      const life = this.#lifeOf(key)
      if (life === undefined) return undefined
      const present = this.#inbox.get(life, row.factId)
      if (!present) this.#inbox.put(life, row)
      return present
    })
  }

  async putOutcomes(key: InstanceKey, rows: readonly InboxRow[]): Promise<void> {
    return this.#log.write(() => {
      const life = this.#lifeOf(key)
      if (life !== undefined) for (const row of rows) this.#inbox.put(life, row)
    })
  }

  async deleteInbox(key: InstanceKey, factIds: readonly string[]): Promise<void> {
    return this.#log.write(() => {
      const life = this.#lifeOf(key)
      if (life !== undefined) this.#inbox.consume(life, factIds, this.#clock.now())
    })
  }

  async getAttempt(key: InstanceKey, call: CallKey): Promise<AttemptRow | undefined> {
    return this.#log.read(() => this.#attempts.get(this.#lifeOf(key), call), key.instanceId)
  }

  async putAttempt(key: InstanceKey, row: AttemptRow, replaces?: string): Promise<AttemptRow | undefined> {
    return this.#log.write(() => this.#attempts.put(this.#lifeOf(key), row, this.#clock.now(), replaces))
  }

  async countInbox(key: InstanceKey, atMost: number): Promise<number> {
    return this.#log.read(() => {
      const life = this.#lifeOf(key)
      return life === undefined ? 0 : this.#inbox.count(life, atMost)
    }, key.instanceId)
  }

  async trimHistory(key: InstanceKey, before: number): Promise<void> {
    return this.#log.write(() => {
      const life = this.#instances.alive(key)
      if (life) this.#episodes.trim(life.life, Math.min(before, life.opening_n))
    })
  }

  async purge(key: InstanceKey, at: number): Promise<boolean> {
    return this.#log.write((group) => {
      const life = this.#instances.find(key.instanceId)
      if (life?.incarnation !== key.incarnation || !isTerminal(life.projected)) return false
      if (life.purged_at !== null) return true
      // At once: an append that comes later in this, the only process, finds the tombstone.
      this.#removeContents(key, life.life)
      this.#instances.bury(life, at)
      group.changes(key.instanceId)
      return true
    })
  }

  /** Removes instances whose time is over without a trace. @returns how many, at most as many as are asked for */
  async removeOlder(ages: Ages, now: number, limit: number): Promise<number> {
    return this.#log.write((group) => {
      const over = this.#instances.older(ages, now, limit)
      for (const { instance_id: instanceId, incarnation, life } of over) {
        this.#removeContents({ instanceId, incarnation }, life)
        this.#instances.remove(life)
        group.changes(instanceId)
      }
      return over.length
    })
  }

  async list(filter: ListFilter): Promise<InstancePage> {
    return this.#log.read(() => this.#list.page(filter))
  }

  #lifeOf(key: InstanceKey): number | undefined {
    return this.#instances.alive(key)?.life
  }

  /** Removes all that hangs on a life but its row. */
  #removeContents(key: InstanceKey, life: number): void {
    this.#episodes.remove(life)
    this.#inbox.remove(life)
    this.#attempts.remove(life)
    this.#messages.removeTimers(key)
  }
}
