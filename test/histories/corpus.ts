// The corpus: a folder a version, in it a file a case or example, in it a history a line. What is written once is never written again and
// never deleted: there may be instances with such histories. The manifest remembers every file by its digest.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import packageJson from '../../package.json' with { type: 'json' }
import type { Episode } from '../../src/runtime/episode.ts'

export interface CorpusHistory {
  /** Which of the apps that the case opens, from 0. */
  readonly app: number
  readonly workflowName: string
  readonly instanceId: string
  readonly episodes: readonly Episode[]
}

const folder = new URL('./', import.meta.url)
const root = fileURLToPath(new URL('../../', import.meta.url))
const manifestFile = new URL('manifest.json', folder)

/** In characters: what is longer shows no more than others do. */
const longestFile = 60_000

/** Files of all versions, as `0.1.0/a-timer-fires.jsonl`. */
export function corpusFiles(): readonly string[] {
  const versions = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return versions.flatMap(({ name }) =>
    readdirSync(new URL(`${name}/`, folder)).map((file) => `${name}/${file}`),
  )
}

/** Files of every version with the histories of a case. */
export function filesOf(title: string): readonly string[] {
  return corpusFiles().filter((file) => file.endsWith(`/${fileName(title)}`))
}

export function readHistories(file: string): readonly CorpusHistory[] {
  const lines = readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as CorpusHistory)
}

/** The histories of a case as they are written, as far as they are not too long. Where this folder lies is nobody's affair. */
export function linesOf(histories: readonly CorpusHistory[]): readonly string[] {
  const lines = histories
    .map((history) =>
      JSON.stringify(history, (key, value: unknown) => (key === 'stackTrace' ? undefined : value)),
    )
    .map((line) => line.replaceAll(root, ''))
  let bytes = 0
  return lines.filter((line) => {
    const isShort = bytes + line.length <= longestFile
    if (isShort) bytes += line.length
    return isShort
  })
}

/** Writes what there is of a case, unless this version has it. */
export function record(title: string, lines: readonly string[]): void {
  const version = new URL(`${packageJson.version}/`, folder)
  const file = new URL(fileName(title), version)
  if (lines.length === 0 || existsSync(file)) return
  mkdirSync(version, { recursive: true })
  writeFileSync(file, `${lines.join('\n')}\n`)
}

/** Digests by file, of all that was ever written. */
export function readManifest(): Readonly<Record<string, string>> {
  if (!existsSync(manifestFile)) return {}
  return JSON.parse(readFileSync(manifestFile, 'utf8')) as Readonly<Record<string, string>>
}

/** Takes up the files that are new; what is in it stays as it is. */
export function extendManifest(): void {
  const present = Object.fromEntries(corpusFiles().map((file) => [file, digestOf(file)]))
  const all = Object.entries({ ...present, ...readManifest() }).toSorted(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(manifestFile, `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`)
}

/** Undefined for a file that is not there. */
export function digestOf(file: string): string | undefined {
  const url = new URL(file, folder)
  if (!existsSync(url)) return undefined
  return createHash('sha256').update(readFileSync(url)).digest('hex').slice(0, 16)
}

/** The words of a title, and what tells it from others that begin with them. The cases it names in the end may become more. */
function fileName(caseTitle: string): string {
  const title = caseTitle.replace(/ \((?:Dapr|DG|MJ|JS): .*\)$/, '')
  const words = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
  const digest = createHash('sha256').update(title).digest('hex').slice(0, 6)
  return `${words.replaceAll(/^-|-$/g, '')}-${digest}.jsonl`
}
