// The dev server as a child process that can be watched and killed. It logs JSON lines; whatever else it prints is kept for messages.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A line of the child's log. */
export interface LogRecord {
  readonly level: string
  readonly message: string
  readonly [field: string]: unknown
}

export interface ServerProcessOptions {
  readonly dataDir: string
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
  readonly onLog?: (record: LogRecord) => void
}

export interface ServerProcess {
  readonly url: string
  readonly pid: number
  /** `kill -9`: no handler runs, nothing is flushed. Resolves when the process is gone and its last line was read. */
  kill(): Promise<void>
  /** SIGTERM, as a container runtime sends it. @returns the exit code */
  stop(): Promise<number | null>
}

/** The child did not come to serve; the message holds what it said. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError'
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const startTimeoutMs = 10_000

/** Starts the server as `npm start` does. @throws ServerStartError when it ends or says nothing before it serves */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { dataDir, port, env = {}, onLog = () => {} } = options
  const main = ['--import', './scripts/require-node.js', 'examples/main.ts']
  const args = [...main, '--json', '--data', dataDir, '--port', String(port)]
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } })
  const ended = once(child, 'close') as Promise<[code: number | null]>
  takeAlong(child)
  const url = await serving(child, ended, onLog)
  return {
    url,
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      return (await ended)[0]
    },
  }
}

/** Follows the log. Resolves with the URL once the child serves. */
async function serving(
  child: ChildProcess,
  ended: Promise<[code: number | null]>,
  onLog: (record: LogRecord) => void,
): Promise<string> {
  const strayLines: string[] = []
  const timeout = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs)
  const url = new Promise<string>((resolve) =>
    readLines(child, strayLines, (record) => {
      if (typeof record['url'] === 'string') resolve(record['url'])
      onLog(record)
    }),
  )
  const failure = ended.then(([code]) => {
    throw new ServerStartError([`The server ended with code ${code}.`, ...strayLines].join('\n'))
  })
  try {
    return await Promise.race([url, failure])
  } finally {
    clearTimeout(timeout)
    // When it ends later, that is no failure to start.
    failure.catch(() => {})
  }
}

/** A child must not outlive a parent that is told to end. */
function takeAlong(child: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const pass = (): void => {
      child.kill('SIGKILL')
      process.kill(process.pid, signal)
    }
    process.once(signal, pass)
    child.once('close', () => process.off(signal, pass))
  }
}

function readLines(child: ChildProcess, strayLines: string[], onRecord: (record: LogRecord) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      const record = parse(line)
      if (record) onRecord(record)
      else strayLines.push(line)
    })
  }
}

function parse(line: string): LogRecord | undefined {
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return undefined
  }
}
