// Recorded histories at rest: JSON, without what differs between two machines.

import { readFileSync } from 'node:fs'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Scenario } from './recorder.ts'

export interface HistoryFile extends Scenario {
  readonly episodes: readonly Episode[]
}

export function historyFile(name: string): URL {
  return new URL(`../../examples/histories/${name}.json`, import.meta.url)
}

export function readHistory(name: string): HistoryFile {
  return JSON.parse(readFileSync(historyFile(name), 'utf8')) as HistoryFile
}

/** The text of a history file. Stack traces hold paths and are left out. */
export function toHistoryText(history: HistoryFile): string {
  const text = JSON.stringify(history, (key, value: unknown) => (key === 'stackTrace' ? undefined : value), 2)
  return `${text}\n`
}
