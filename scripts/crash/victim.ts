// A process that is there to be killed: started with everything that it starts, watched until it serves, and ended by `kill -9`.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface VictimOptions {
  /** URL of its module. */
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Victim {
  /** Resolves when it serves. @throws with what it said, when it ends before by itself */
  readonly serving: Promise<void>
  readonly isServing: boolean
  /** Processes that it has started, and what they were called with. */
  children(): readonly { readonly pid: number; readonly command: string }[]
  /** `kill -9` of it and of all that it has started. Resolves when it is gone. */
  kill(): Promise<void>
}

/** Lines of it that are kept to say what went wrong. */
const keptLines = 40

const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) killGroup(child)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of alive) killGroup(child)
    process.kill(process.pid, signal)
  })
}

export function startVictim({ program, args, env = {} }: VictimOptions): Victim {
  // In a group of its own: the signal reaches all of it at once.
  const child = spawn(
    process.execPath,
    ['--import', './scripts/require-node.js', fileURLToPath(program), ...args],
    {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  )
  alive.add(child)
  const said: string[] = []
  let isWanted = true
  let isServing = false
  const ended = once(child, 'close').then(() => alive.delete(child))
  const serving = new Promise<void>((resolve, reject) => {
    const hear = (line: string): void => {
      said.push(line)
      if (said.length > keptLines) said.shift()
      if (!line.includes('"message":"Serving"')) return
      isServing = true
      resolve()
    }
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', hear)
    void ended.then(() => {
      if (isWanted) reject(new Error(`${program} has ended:\n${said.join('\n')}`))
      else resolve()
    })
  })
  serving.catch(() => {})
  return {
    serving,
    get isServing() {
      return isServing
    },
    children: () => descendantsOf(child.pid ?? 0),
    async kill() {
      isWanted = false
      killGroup(child)
      await ended
    },
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || !address) throw new Error('No port is free.')
  return address.port
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

function descendantsOf(pid: number): readonly { readonly pid: number; readonly command: string }[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const all = lines.flatMap((line) => {
    const [, own, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return own === undefined ? [] : [{ pid: Number(own), parent: Number(parent), command }]
  })
  const found = [pid]
  for (const each of found) {
    found.push(...all.filter(({ parent }) => parent === each).map((child) => child.pid))
  }
  return all.filter((each) => each.pid !== pid && found.includes(each.pid))
}
