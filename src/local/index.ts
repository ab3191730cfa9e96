// The embedded backend: everything durable in one SQLite file, delivered inside one process. No server, no
// cloud; `kill -9` loses nothing that was accepted.

import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { silentLogger } from '../workflow/logger.ts'
import { type BackendOptions, type LocalBackend, SqliteBackend } from './backend.ts'
import { type Database, inMemory, openDatabase } from './database.ts'
import { lockFolder } from './folder-lock.ts'
import { toStorageError } from './storage-errors.ts'

export type { Retention } from '../runtime/retention.ts'
export type { LocalBackend } from './backend.ts'
export { systemClock } from './clock.ts'
export type { ConcurrencyLimits, Consumer } from './consumer.ts'

export interface LocalBackendOptions extends BackendOptions {
  /**
   * The folder of the database, made if it is not there, or `:memory:` for a backend that ends with the
   * process.
   */
  readonly dataDir: string
  /** Reads the database through at open, unless it is very large. Left out: yes. */
  readonly integrityCheck?: boolean
}

/**
 * Opens the backend in a folder, which is this process's alone until `stop`.
 * @throws TenutoError `STORAGE_LOCKED` (names the process that has the folder), `STORAGE_READ_ONLY`,
 *   `STORAGE_CORRUPT`, `STORAGE_FULL`, `STORAGE_FAILED` (the database is of a newer version, or not Tenuto's), `NODE_TOO_OLD`
 */
export async function openLocalBackend(options: LocalBackendOptions): Promise<LocalBackend> {
  const { dataDir, integrityCheck = true, logger = silentLogger } = options
  const isFile = dataDir !== inMemory
  if (isFile) makeFolder(dataDir)
  const unlock = isFile ? lockFolder(dataDir) : () => {}
  let database: Database | undefined
  try {
    const path = isFile ? join(dataDir, 'tenuto.db') : inMemory
    database = openDatabase({ path, integrityCheck: isFile && integrityCheck, logger })
    return new SqliteBackend(database, unlock, options)
  } catch (error) {
    database?.close()
    unlock()
    throw error
  }
}

/** The folder and those above it that do not exist, the outermost first. */
function missingFolders(folder: string): string[] {
  if (existsSync(folder)) return statSync(folder).isDirectory() ? [] : [folder]
  return [...missingFolders(dirname(folder)), folder]
}

function makeFolder(dataDir: string): void {
  try {
    // Level by level: a recursive mkdir never returns where the parent refuses children in silence (/proc).
    for (const folder of missingFolders(resolve(dataDir))) mkdirSync(folder)
  } catch (error) {
    throw toStorageError(error, `make the data folder ${dataDir}`)
  }
}
