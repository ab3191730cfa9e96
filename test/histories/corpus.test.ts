// Histories that were recorded once, by this version or by an older one, replay on the code of now. `npm run record` adds those of new
// cases and of a new version.

import { describe, expect, test } from 'vitest'
import { app as exampleApp } from '../../examples/app.ts'
import { replay } from '../../src/testing/replay.ts'
import type { App } from '../../src/workflow/app.ts'
import { type Case, opener } from '../conformance/bench.ts'
import { memoryHosts } from '../conformance/memory-host.ts'
import type { TestHost } from '../conformance/test-host.ts'
import { groups } from '../conformance/workflow.suite.ts'
import { readHistory } from '../examples/history-files.ts'
import { scenarios } from '../examples/scenarios.ts'
import {
  corpusFiles,
  type CorpusHistory,
  digestOf,
  filesOf,
  linesOf,
  readHistories,
  readManifest,
  record,
} from './corpus.ts'

/** Set by `npm run record`. */
const isRecording = process.env['TENUTO_RECORD'] === '1'

const cases = Object.values(groups).flatMap((group) => Object.entries(group))
const exampleTitle = (name: string): string => `example ${name}`
const titles = [...cases.map(([title]) => title), ...Object.keys(scenarios).map((name) => exampleTitle(name))]

interface Opened {
  readonly app: App
  readonly host: TestHost
}

/** Runs a case once more. @returns what it has opened: its apps are made anew each time */
async function run(act: Case): Promise<readonly Opened[]> {
  const opened: Opened[] = []
  const open = memoryHosts()
  await act(
    opener(async (app, logger, tracer) => {
      const host = await open(app, logger, tracer)
      opened.push({ app, host })
      return host
    }),
  )
  return opened
}

async function historiesOf({ host: { store } }: Opened, app: number): Promise<readonly CorpusHistory[]> {
  const { instances } = await store.list({ limit: 1_000 })
  const all = instances.map(async ({ instanceId, incarnation, name: workflowName }) => ({
    app,
    workflowName,
    instanceId,
    episodes: await store.readHistory({ instanceId, incarnation }),
  }))
  return (await Promise.all(all)).filter(({ episodes }) => episodes.length > 0)
}

async function doesFit(apps: readonly App[], history: CorpusHistory): Promise<boolean> {
  const app = apps[history.app]
  return app !== undefined && (await replay(app, history, { twice: true })).ok
}

/** What can be recorded of a case. Those about code that does not fit have histories that do not. */
async function recordable(opened: readonly Opened[]): Promise<readonly string[]> {
  const apps = opened.map(({ app }) => app)
  const fitting: CorpusHistory[] = []
  for (const history of (await Promise.all(opened.map(historiesOf))).flat()) {
    if (await doesFit(apps, history)) fitting.push(history)
  }
  return linesOf(fitting)
}

/** @returns where the code leaves the histories */
async function divergences(title: string, apps: readonly App[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const file of filesOf(title)) {
    for (const history of readHistories(file)) {
      const app = apps[history.app]
      const result = app && (await replay(app, history, { twice: true }))
      if (!result?.ok) found.push(`${file}: ${result?.divergence?.message ?? 'the case has no such app'}`)
    }
  }
  return found
}

describe('cases', () => {
  test.each(cases)('%s', async (title, act) => {
    const opened = await run(act)
    const lines = await recordable(opened)
    if (isRecording) record(title, lines)
    const apps = opened.map(({ app }) => app)
    expect(await divergences(title, apps)).toEqual([])
    expect({ isRecorded: filesOf(title).length > 0, mayBe: lines.length > 0 }).not.toEqual({
      // `npm run record` adds what is missing.
      isRecorded: false,
      mayBe: true,
    })
  })
})

describe('examples', () => {
  test.each(Object.keys(scenarios))('%s', async (name) => {
    const { workflow: workflowName, episodes } = readHistory(name)
    const lines = linesOf([{ app: 0, workflowName, instanceId: 'recorded', episodes }])
    if (isRecording) record(exampleTitle(name), lines)
    expect(filesOf(exampleTitle(name))).not.toEqual([])
    expect(await divergences(exampleTitle(name), [exampleApp])).toEqual([])
  })
})

test.skipIf(isRecording)('no history that was recorded once is gone, or has changed', () => {
  const manifest = readManifest()
  const present = Object.keys(manifest).map((file) => [file, digestOf(file)])
  expect(Object.keys(manifest).length).toBeGreaterThan(0)
  expect(Object.fromEntries(present)).toEqual(manifest)
})

test.skipIf(isRecording)(
  'every recorded history is in the manifest, and belongs to a case or an example',
  () => {
    const known = new Set(titles.flatMap((title) => filesOf(title)))
    const manifest = readManifest()
    expect(corpusFiles().filter((file) => !known.has(file) || !Object.hasOwn(manifest, file))).toEqual([])
  },
)
