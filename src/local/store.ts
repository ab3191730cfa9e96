// The store port on SQLite. What the calls have in common: statements run at once, answers wait for the flush, see `WriteLog`.
import type { InstanceKey } from '../runtime/episode.ts'
import type { AppendResult, Clock, InstancePage, ListFilter, Store } from '../runtime/ports.ts'
import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import type { Database } from './database.ts'
import { episodeTable } from './episode-table.ts'
import { inboxTable } from './inbox-table.ts'
import { instanceTable, type InstanceTable, type PageStart } from './instance-table.ts'
import type { MessageTable } from './message-table.ts'
import type { WriteLog } from './write-log.ts'

export interface StoreParts {
  readonly database: Database
  readonly messages: MessageTable
  readonly log: WriteLog
  readonly clock: Clock
}

export function createStore({ database, messages, log, clock }: StoreParts): Store {
  const instances = instanceTable(database)
  const episodes = episodeTable(database)
  const inbox = inboxTable(database)

  /** All that hangs on a life but its row. */
  const removeContents = (key: InstanceKey, life: number) => {
    episodes.remove(life)
    inbox.remove(life)
    messages.removeTimers(key)
  }

  return {
    getInstance: (instanceId) => log.read(() => instances.row(instanceId), instanceId),

    createInstance: (row, replaces) =>
      log.write((group) => {
        const present = instances.find(row.instanceId)
        if (present && present.incarnation !== replaces) return instances.row(row.instanceId)
        if (present) {
          removeContents({ instanceId: row.instanceId, incarnation: present.incarnation }, present.life)
          instances.remove(present.life)
        }
        instances.insert(row)
        group.changes(row.instanceId)
        return undefined
      }),

    read: (key, after) =>
      log.peek(() => {
        const line = instances.alive(key)
        if (!line) return { episodes: [], inbox: [] }
        const from = after === undefined ? line.opening_n : after + 1
        return { episodes: episodes.from(line.life, from), inbox: inbox.all(line.life) }
      }),

    readHistory: (key) =>
      log.read(() => {
        const line = instances.alive(key)
        return line ? episodes.from(line.life, 0) : []
      }, key.instanceId),

    async appendEpisode(key, episode) {
      const body = JSON.stringify(episode)
      const result = await log.decide((group): AppendResult | { readonly lastN: number } => {
        const line = instances.alive(key)
        if (!line) return { kind: 'gone' }
        if (episode.n === line.last_n + 1) {
          episodes.insert(line.life, episode.n, body)
          const openingN = episode.continuedAsNew ? episode.n : line.opening_n
          instances.advance(line, { n: episode.n, openingN, at: episode.at })
          group.changes(key.instanceId)
          return { kind: 'committed' }
        }
        const rival = episodes.get(line.life, episode.n)
        return rival ? { kind: 'lost', to: rival } : { lastN: line.last_n }
      })
      if ('kind' in result) return result
      // Neither next nor taken: its writer believes in episodes that a failed flush undid, or is older than what was trimmed.
      const message = `Episode ${episode.n} of ${key.instanceId} does not follow the last one, ${result.lastN}; read again.`
      throw new TenutoError('STORAGE_FAILED', message)
    },

    projectStatus: (key, projection) =>
      log.write((group) => {
        const line = instances.alive(key)
        if (!line || isTerminal(line.projected) || line.shown_n > projection.episode) return
        instances.project(line, projection)
        group.changes(key.instanceId)
      }),

    setStalled: (key, reason, at) =>
      log.write((group) => {
        const line = instances.alive(key)
        if (!line || isTerminal(line.projected)) return
        instances.setStalled(line, reason, at)
        group.changes(key.instanceId)
      }),

    putInbox: (key, row) =>
      log.write(() => {
        const line = instances.alive(key)
        if (!line) return undefined // nobody will ever read it
        const present = inbox.get(line.life, row.factId)
        if (!present) inbox.put(line.life, row)
        return present
      }),

    putOutcomes: (key, rows) =>
      log.write(() => {
        const line = instances.alive(key)
        if (line) for (const row of rows) inbox.put(line.life, row)
      }),

    deleteInbox: (key, factIds) =>
      log.write(() => {
        const line = instances.alive(key)
        if (line) inbox.consume(line.life, factIds, clock.now())
      }),

    countInbox: (key, atMost) =>
      log.peek(() => {
        const line = instances.alive(key)
        return line ? inbox.count(line.life, atMost) : 0
      }),

    trimHistory: (key, before) =>
      log.write(() => {
        const line = instances.alive(key)
        if (line) episodes.trim(line.life, Math.min(before, line.opening_n)) // the present generation stays
      }),

    purge: (key, at) =>
      log.write((group) => {
        const line = instances.find(key.instanceId)
        if (line?.incarnation !== key.incarnation || !isTerminal(line.projected)) return false
        if (line.purged_at !== null) return true
        removeContents(key, line.life)
        instances.bury(line, at)
        group.changes(key.instanceId)
        return true
      }),

    list: async (filter) => log.read(() => listInstances(instances, filter)),
  }
}

function listInstances(instances: InstanceTable, { statuses, limit, pageToken }: ListFilter): InstancePage {
  const after =
    pageToken === undefined
      ? { createdAt: Number.NEGATIVE_INFINITY, instanceId: '' }
      : parsePageToken(pageToken)
  // One more than asked for tells whether there is a next page.
  const rows = statuses
    ? [...new Set(statuses)].flatMap((status) => instances.page(after, limit + 1, status))
    : instances.page(after, limit + 1)
  rows.sort((a, b) => a.createdAt - b.createdAt || (a.instanceId < b.instanceId ? -1 : 1))
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    instances: page,
    ...(last &&
      rows.length > limit && {
        pageToken: toPageToken({ createdAt: last.createdAt, instanceId: last.instanceId }),
      }),
  }
}

function toPageToken({ createdAt, instanceId }: PageStart): string {
  return Buffer.from(JSON.stringify([createdAt, instanceId])).toString('base64url')
}

function parsePageToken(token: string): PageStart {
  try {
    const [createdAt, instanceId] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[]
    if (typeof createdAt === 'number' && typeof instanceId === 'string') return { createdAt, instanceId }
  } catch {
    // Said below.
  }
  throw new TenutoError('INVALID_ARGUMENT', `'${token.slice(0, 80)}' is no page token.`)
}
