// What every command of the CLI is given, and what it gives back.

import { text } from 'node:stream/consumers'
import type { CommandLine } from './command-line.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where a command reads its surroundings and writes its lines. */
export interface Terminal {
  readonly out: (line: string) => void
  readonly error: (line: string) => void
  readonly readInput: () => Promise<string>
  readonly env: Environment
}

/** 0 done, 1 failed, 2 the command line cannot be understood, 3 the workflow that was waited for did not complete. */
export type ExitCode = 0 | 1 | 2 | 3

export interface Command extends CommandLine {
  run(args: readonly string[], terminal: Terminal): Promise<ExitCode>
}

/** The terminal of this process. When nobody reads its output any more (`… | head`), the process is told to end. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process
  let isToldToEnd = false
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!isToldToEnd) process.kill(process.pid, 'SIGTERM')
    isToldToEnd = true
  })
  return {
    out: (line) => stdout.write(`${line}\n`),
    error: (line) => stderr.write(`${line}\n`),
    readInput: async () => text(stdin),
    env,
  }
}

/** An environment variable; an empty one counts as none. */
export function variable(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name]
}
