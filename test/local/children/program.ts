// What the children of the tests have in common: they say things on stdout, a line each, and are killed or
// end by themselves.

import { openLocalBackend, type LocalBackend } from '../../../src/local/index.ts'

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Opens the folder named on the command line; says the code of the error if that fails. */
export async function openFolder(): Promise<LocalBackend> {
  const [, , dataDir = ''] = process.argv
  try {
    return await openLocalBackend({ dataDir })
  } catch (error) {
    say(String((error as { code?: unknown }).code))
    // oxlint-disable-next-line unicorn/no-process-exit -- it is a program
    return process.exit(0)
  }
}
