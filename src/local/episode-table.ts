// Episodes: the histories.
import type { Episode } from '../runtime/episode.ts'
import type { Database } from './database.ts'

export type EpisodeTable = ReturnType<typeof episodeTable>

export function episodeTable(database: Database) {
  const insert = database.prepare('INSERT INTO episodes (life, n, body) VALUES (?, ?, ?)')
  const get = database.prepare('SELECT body FROM episodes WHERE life = ? AND n = ?')
  const from = database.prepare('SELECT body FROM episodes WHERE life = ? AND n >= ? ORDER BY n')
  const remove = database.prepare('DELETE FROM episodes WHERE life = ?')
  const trim = database.prepare(`DELETE FROM episodes WHERE life = ? AND n < ?
    AND NOT EXISTS (SELECT 1 FROM messages WHERE token = json_extract(episodes.body, '$.by'))`)

  return {
    insert: (life: number, n: number, body: string) => void insert.run(life, n, body),

    get(life: number, n: number): Episode | undefined {
      const row = get.get(life, n)
      return row && toEpisode(row)
    },

    from: (life: number, n: number): Episode[] => from.all(life, n).map(toEpisode),

    remove: (life: number) => void remove.run(life),

    /**
     * Deletes those before number `before`, but for the ones whose carrier is still queued: it may yet have to dispatch them again
     * (guard duty). They go with a later trim.
     */
    trim: (life: number, before: number) => void trim.run(life, before),
  }
}

function toEpisode(row: Record<string, unknown>): Episode {
  return JSON.parse(String(row['body'])) as Episode
}
