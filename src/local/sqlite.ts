// SQLite, as Node has it. Asked for when a backend is opened and not when this is loaded: an older Node is told what it lacks, and a
// program that has another backend runs on it.

import nodeProcess from 'node:process'
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'
import { TenutoError } from '../workflow/errors.ts'

/** The first version of Node that this is tested with. */
const leastNode = 24

/**
 * @param path a file, or `:memory:`
 * @throws TenutoError `NODE_TOO_OLD`; what SQLite throws
 */
export function connect(
  path: string,
  options: DatabaseSyncOptions,
  process: Pick<typeof nodeProcess, 'version' | 'getBuiltinModule'> = nodeProcess,
): DatabaseSync {
  const isOld = Number(process.version.slice(1).split('.')[0]) < leastNode
  const module = isOld ? undefined : process.getBuiltinModule('node:sqlite')
  if (module) return new module.DatabaseSync(path, options)
  const message = `The embedded backend needs the SQLite of Node ${leastNode} or newer, but this is ${process.version}.`
  throw new TenutoError('NODE_TOO_OLD', message)
}
