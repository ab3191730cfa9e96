// Episodes: the histories.

import type { StatementSync } from 'node:sqlite'
import type { Episode } from '../runtime/episode.ts'
import type { Database } from './database.ts'

export class EpisodeTable {
  readonly #insert: StatementSync
  readonly #get: StatementSync
  readonly #from: StatementSync
  readonly #remove: StatementSync
  readonly #trim: StatementSync

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT INTO episodes (life, n, body) VALUES (?, ?, ?)')
    this.#get = database.prepare('SELECT body FROM episodes WHERE life = ? AND n = ?')
    this.#from = database.prepare('SELECT body FROM episodes WHERE life = ? AND n >= ? ORDER BY n')
    this.#remove = database.prepare('DELETE FROM episodes WHERE life = ?')
    this.#trim = database.prepare(`DELETE FROM episodes WHERE life = ? AND n < ?
      AND NOT EXISTS (SELECT 1 FROM messages WHERE token = json_extract(episodes.body, '$.by'))`)
  }

  insert(life: number, n: number, body: string): void {
    this.#insert.run(life, n, body)
  }

  get(life: number, n: number): Episode | undefined {
    const row = this.#get.get(life, n)
    return row && toEpisode(row)
  }

  /** Those from number `n` on, in order. */
  from(life: number, n: number): Episode[] {
    return this.#from.all(life, n).map(toEpisode)
  }

  remove(life: number): void {
    this.#remove.run(life)
  }

  /**
   * Deletes those before number `n`, but for the ones whose carrier is still queued: it may yet have to
   * dispatch them again (guard duty). They go with a later trim.
   */
  trim(life: number, n: number): void {
    this.#trim.run(life, n)
  }
}

function toEpisode(row: Record<string, unknown>): Episode {
  return JSON.parse(String(row['body'])) as Episode
}
