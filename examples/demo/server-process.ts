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

const root = fileURLToPath(new URL('../../', import.meta.url))
const startTimeoutMs = 10_000

/** Starts the server as `npm start` does. @throws when it ends or says nothing before it serves */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { dataDir, port, env = {}, onLog = () => {} } = options
  const main = ['--import', './scripts/require-node.js', 'examples/main.ts']
  const args = [...main, '--json', '--data', dataDir, '--port', String(port)]
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } })
  const ended = once(child, 'close') as Promise<[code: number | null]>
  takeAlong(child)
  const strayLines: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error([reason, ...strayLines].join('\n')))
    const timeout = setTimeout(() => fail('The server did not start in time.'), startTimeoutMs)
    readLines(child, strayLines, (record) => {
      if (typeof record['url'] === 'string') resolve(record['url'])
      onLog(record)
    })
    ended
      .then(([code]) => fail(`The server ended with code ${code}.`), reject)
      .finally(() => clearTimeout(timeout))
  })
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
