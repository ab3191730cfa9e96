// Runs a child program on a folder, from a test.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly pid: number
  /** What it says, line by line. */
  readonly lines: AsyncIterator<string>
  readonly nextLine: () => Promise<string | undefined>
  /** All it says from now on until it ends. */
  readonly rest: () => Promise<string[]>
  /** kill -9; resolves when it is dead. */
  readonly kill: () => Promise<void>
  /** Resolves to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>
}

const programs = {
  die: import.meta.resolve('./die.ts'),
  hold: import.meta.resolve('./hold.ts'),
  openAsNobody: import.meta.resolve('./open-as-nobody.ts'),
  write: import.meta.resolve('./write.ts'),
} as const

/** @param limitKb largest file that it may write: beyond it, writes fail as they do on a full disk */
export function runChild(program: keyof typeof programs, dataDir: string, limitKb?: number): Child {
  const command = [process.execPath, fileURLToPath(programs[program]), dataDir]
  // The shell's unit is 512 bytes.
  const limited =
    limitKb === undefined
      ? command
      : ['/bin/sh', '-c', `ulimit -f ${limitKb * 2}; exec "$@"`, 'sh', ...command]
  const [file = '', ...args] = limited
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => resolve(signal ?? code ?? -1))
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const nextLine = async () => {
    const { value, done } = await lines.next()
    return done ? undefined : value
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(kill)
  return {
    pid: child.pid ?? 0,
    lines,
    nextLine,
    async rest() {
      const said: string[] = []
      for (let line = await nextLine(); line !== undefined; line = await nextLine()) said.push(line)
      return said
    },
    kill,
    ended,
  }
}
