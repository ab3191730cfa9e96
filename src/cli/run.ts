// Finds the command, runs it, and turns whatever happens into lines and an exit code.

import { isTenutoError } from '../workflow/errors.ts'
import { clientCommands } from './client-commands.ts'
import { helpText, UsageError } from './command-line.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { printable, table } from './terminal.ts'
import { version } from './version.ts'

/** Runs a command line: the arguments after `tenuto`. Never rejects, except for what is a defect. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = args
  if ((name === 'help' ? rest[0] : name) === 'serve' && isTooOld(process.versions.node)) {
    terminal.error(
      `tenuto serve needs Node 24 or newer, but this is ${process.version} (${process.execPath}).`,
    )
    return 1
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help')
    return overview(rest[0], terminal)
  if (name === '--version' || name === '-v') {
    terminal.out(version())
    return 0
  }
  try {
    const command = await find(name)
    if (!command) throw new UsageError(`There is no command '${name}'.`)
    if (asksForHelp(rest)) {
      terminal.out(helpText(command))
      return 0
    }
    return await command.run(rest, terminal)
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.error(`${printable(error.message)}\nTry: tenuto help ${printable(name)}`)
      return 2
    }
    if (!isTenutoError(error)) throw error
    terminal.error(`${printable(error.message)} (${error.code})\n${error.remedy}`)
    return 1
  }
}

const serveSummary = 'Serves an app on this machine.'
const replaySummary = 'Replays recorded histories against the code.'

/** Server and replay are loaded only when they are asked for: the server needs a newer Node than the other commands. */
async function find(name: string): Promise<Command | undefined> {
  if (name === 'serve') return (await import('./serve-command.ts')).serveCommand
  if (name === 'replay') return (await import('./replay-command.ts')).replayCommand
  return Object.hasOwn(clientCommands, name) ? clientCommands[name] : undefined
}

async function overview(name: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const command = name === undefined ? undefined : await find(name)
  if (command) {
    terminal.out(helpText(command))
    return 0
  }
  const rows = [
    ['  serve', serveSummary],
    ['  replay', replaySummary],
    ...Object.entries(clientCommands).map(([each, { summary }]) => [`  ${each}`, summary]),
  ]
  terminal.out('Usage: tenuto <command> [options]\n\nDurable workflows, from the command line.\n\nCommands:')
  terminal.out(table(rows))
  terminal.out('\ntenuto <command> --help tells more; tenuto --version prints the version.')
  return 0
}

/** SQLite is part of Node only in newer versions; the commands of a client do without it. */
function isTooOld(nodeVersion: string): boolean {
  return Number(nodeVersion.split('.')[0]) < 24
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')
}
