// The SQLite file: opened with the settings on which durability rests, each read back, and checked before it
// is used.

import { statSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { assert, TenutoError } from '../workflow/errors.ts'
import type { Logger } from '../workflow/logger.ts'
import { applicationId, migrations, schema, schemaVersion } from './schema.ts'
import { connect } from './sqlite.ts'
import { toStorageError } from './storage-errors.ts'

export const inMemory = ':memory:'

/** Above this size the integrity check at open is left out: it reads the whole file. */
const checkedBytes = 512 * 1024 * 1024

export interface DatabaseOptions {
  /** A file, or `:memory:`. */
  readonly path: string
  readonly integrityCheck: boolean
  readonly logger: Logger
}

/** One connection with its transaction. */
export class Database {
  readonly #connection: DatabaseSync
  readonly #begin: StatementSync
  readonly #commit: StatementSync

  /** @param connection already set up, see `openDatabase` */
  constructor(connection: DatabaseSync) {
    this.#connection = connection
    this.#begin = connection.prepare('BEGIN IMMEDIATE')
    this.#commit = connection.prepare('COMMIT')
  }

  prepare(sql: string): StatementSync {
    return this.#connection.prepare(sql)
  }

  /** A single value, for pragmas and counts. */
  value(sql: string, ...parameters: readonly SQLInputValue[]): unknown {
    return valueOf(this.#connection, sql, ...parameters)
  }

  get inTransaction(): boolean {
    return this.#connection.isTransaction
  }

  begin(): void {
    this.rollback() // of a transaction whose own rollback failed
    this.#begin.run()
  }

  /** Makes the transaction durable: one fsync of the log. */
  commit(): void {
    this.#commit.run()
  }

  /** SQLite rolls back by itself after some errors; then there is nothing left to do. */
  rollback(): void {
    if (this.inTransaction) this.#connection.exec('ROLLBACK')
  }

  close(): void {
    this.#connection.close()
  }
}

/**
 * Opens a database, creates its tables if it is new.
 * @throws TenutoError `STORAGE_CORRUPT`, `STORAGE_READ_ONLY`, `STORAGE_FULL`, `STORAGE_FAILED` (of a later
 *   version, or not Tenuto's)
 */
export function openDatabase({ path, integrityCheck, logger }: DatabaseOptions): Database {
  let connection: DatabaseSync | undefined
  try {
    connection = connect(path, { timeout: 1_000, defensive: true })
    const version = versionOf(connection, path)
    configure(connection, path)
    if (version === undefined) create(connection)
    else {
      if (integrityCheck) check(connection, path, logger)
      migrate(connection, version)
    }
    return new Database(connection)
  } catch (error) {
    connection?.close()
    throw toStorageError(error, `open the database ${path}`)
  }
}

/**
 * A commit returns when the log is on the disk, not in a cache: WAL with synchronous=FULL, and F_FULLFSYNC
 * where fsync is not enough.
 */
function configure(connection: DatabaseSync, path: string): void {
  const isMac = process.platform === 'darwin' ? 1 : 0
  connection.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ${isMac};
    PRAGMA checkpoint_fullfsync = ${isMac};
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = MEMORY;`)
  if (path === inMemory) return
  const settings = ['journal_mode', 'synchronous', 'fullfsync', 'checkpoint_fullfsync']
  const actual = settings.map((name) => valueOf(connection, `PRAGMA ${name}`)).join(' ')
  const expected = `wal 2 ${isMac} ${isMac}`
  if (actual !== expected) {
    const message = `SQLite does not keep writes durable on ${path}: ${settings.join(' ')} are ${actual}, not ${expected}.`
    throw new TenutoError('STORAGE_FAILED', message)
  }
}

/** @returns the version of the tables; undefined when there are none yet */
function versionOf(connection: DatabaseSync, path: string): number | undefined {
  const version = Number(valueOf(connection, 'PRAGMA user_version'))
  const application = valueOf(connection, 'PRAGMA application_id')
  const isEmpty = valueOf(connection, 'SELECT count(*) FROM sqlite_schema') === 0
  if (isEmpty) return undefined
  if (application !== applicationId) {
    throw new TenutoError('STORAGE_FAILED', `${path} is a database of something else than Tenuto.`)
  }
  if (version > schemaVersion) {
    const message = `${path} was written by a newer Tenuto (tables of version ${version}; this one knows ${schemaVersion}).`
    throw new TenutoError('STORAGE_FAILED', `${message} Run that version, or a newer one.`)
  }
  assert(version >= 1, `tables of version ${version}`)
  return version
}

function create(connection: DatabaseSync): void {
  connection.exec(`
    BEGIN IMMEDIATE;
    ${schema}
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${schemaVersion};
    COMMIT;`)
}

/** Brings the tables up to date, in one transaction: a process that is killed meanwhile leaves them as they were. */
function migrate(connection: DatabaseSync, version: number): void {
  if (version === schemaVersion) return
  connection.exec(`
    BEGIN IMMEDIATE;
    ${migrations.slice(version - 1).join('')}
    PRAGMA user_version = ${schemaVersion};
    COMMIT;`)
}

function check(connection: DatabaseSync, path: string, logger: Logger): void {
  if (path !== inMemory && statSync(path).size > checkedBytes) {
    logger.info('The integrity check is left out: the database is large.', { path, limitBytes: checkedBytes })
    return
  }
  const found = valueOf(connection, 'PRAGMA quick_check(1)')
  if (found !== 'ok')
    throw new TenutoError('STORAGE_CORRUPT', `The database ${path} is damaged: ${String(found)}`)
}

function valueOf(connection: DatabaseSync, sql: string, ...parameters: readonly SQLInputValue[]): unknown {
  const row = connection.prepare(sql).get(...parameters)
  return row === undefined ? undefined : Object.values(row)[0]
}
