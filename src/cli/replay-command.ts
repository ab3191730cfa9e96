// `tenuto replay`: recorded histories against the code of the working tree, for a person and for CI.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createHttpClient } from '../client/http-client.ts'
import { type RecordedHistory, replay, type ReplayResult } from '../testing/replay.ts'
import { isTenutoError } from '../workflow/errors.ts'
import { type Flags, helpFlag, parseCommandLine, UsageError } from './command-line.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { loadApp } from './load-app.ts'
import { printable } from './terminal.ts'

const line = {
  usage: 'tenuto replay [file, folder or instance id ...]',
  summary: 'Replays recorded histories against the code of an app and shows where they part.',
  flags: {
    app: { type: 'string', value: 'module', description: 'the module that exports the app (required)' },
    from: { type: 'string', value: 'url', description: 'fetch the histories of instances from a server' },
    header: { type: 'string', value: 'name: value', description: 'sent to that server' },
    twice: { type: 'boolean', description: 'replay each a second time, to find state that is shared' },
    json: { type: 'boolean', description: 'print JSON' },
    ...helpFlag,
  },
  notes: [
    'A file holds one history as JSON, as env.history and client.getWorkflowHistory give it; of a folder, all of its .json files are taken.',
    'Exit code: 0 all fit, 1 one does not, 2 the histories or the app cannot be had.',
  ],
} as const satisfies { flags: Flags } & Partial<Command>

interface Named {
  readonly name: string
  readonly history: RecordedHistory
}

export const replayCommand: Command = {
  ...line,
  async run(args, terminal) {
    const { flags, positionals } = parseCommandLine(line, args)
    if (flags.app === undefined) throw new UsageError('--app is missing.')
    if (positionals.length === 0) throw new UsageError('Files, folders or instance ids are missing.')
    const app = await loadApp(flags.app, terminal)
    if (!app) return 2
    const { twice = false, json = false } = flags
    const results: { readonly name: string; readonly result: ReplayResult }[] = []
    try {
      const histories =
        flags.from === undefined
          ? positionals.flatMap(read)
          : await fetchAll(flags.from, flags.header, positionals)
      for (const { name, history } of histories) {
        results.push({ name, result: await replayNamed(name, async () => replay(app, history, { twice })) })
      }
    } catch (error) {
      if (!isTenutoError(error)) throw error
      terminal.error(`${printable(error.message)} (${error.code})\n${error.remedy}`)
      return 2
    }
    if (json)
      terminal.out(printable(JSON.stringify(results.map(({ name, result }) => ({ name, ...result })))))
    else for (const { name, result } of results) print(name, result, terminal)
    return conclude(
      results.map(({ result }) => result.ok),
      json,
      terminal,
    )
  },
}

/** @throws UsageError for a file that does not exist, is no JSON, or holds no history */
function read(path: string): readonly Named[] {
  try {
    if (!statSync(path).isDirectory())
      return [{ name: path, history: JSON.parse(readFileSync(path, 'utf8')) as RecordedHistory }]
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.json'),
    )
    if (names.length === 0) throw new UsageError(`There is no .json file in ${path}.`)
    return names.toSorted().flatMap((name) => read(join(path, name)))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

async function fetchAll(
  url: string,
  header: string | undefined,
  instanceIds: readonly string[],
): Promise<readonly Named[]> {
  const [, name = '', value = ''] = /^([^:\s]+):\s*(.+)$/.exec(header ?? '') ?? []
  if (header !== undefined && name === '') throw new UsageError(`A header is 'name: value', got '${header}'.`)
  const client = createHttpClient(url, name === '' ? {} : { headers: { [name]: value } })
  const histories: Named[] = []
  for (const id of instanceIds) {
    const history = await client.getWorkflowHistory(id)
    if (!history) throw new UsageError(`There is no instance ${JSON.stringify(id)} at ${url}.`)
    histories.push({ name: id, history })
  }
  return histories
}

async function replayNamed(name: string, run: () => Promise<ReplayResult>): Promise<ReplayResult> {
  try {
    return await run()
  } catch (error) {
    if (isTenutoError(error, 'INVALID_ARGUMENT'))
      throw new UsageError(`${name}: ${error.message}`, { cause: error })
    throw error
  }
}

function print(
  name: string,
  { ok, workflowName, instanceId, replayed, divergence }: ReplayResult,
  { out }: Terminal,
): void {
  const what = printable(`${name}: ${workflowName} '${instanceId}'`)
  if (ok || !divergence) {
    out(`${what} fits, ${replayed} ${replayed === 1 ? 'episode' : 'episodes'}`)
    return
  }
  const { episode, recorded, actual, source, sharedState } = divergence
  out(`${what} does not fit${sharedState ? ' a second time' : ''}: episode ${episode}`)
  out(`  ${sharedState ? 'first ' : 'history'}  ${printable(recorded)}`)
  out(`  ${sharedState ? 'second' : 'code   '}  ${printable(actual)}`)
  if (source?.text !== undefined) out(`    ${source.line} | ${printable(source.text)}`)
}

function conclude(fits: readonly boolean[], json: boolean, { out }: Terminal): ExitCode {
  const wrong = fits.filter((ok) => !ok).length
  if (!json)
    out(
      `${fits.length} ${fits.length === 1 ? 'history' : 'histories'}, ${wrong === 0 ? 'all fit' : `${wrong} not fitting`}`,
    )
  return wrong === 0 ? 0 : 1
}
