// One process per data folder. The lock is one that the operating system holds for an open file, so it ends
// with the process however the process ends; the pid beside it is for the message only.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { TenutoError } from '../workflow/errors.ts'
import { connect } from './sqlite.ts'
import { toStorageError } from './storage-errors.ts'

/**
 * Takes the folder for this process. @returns the function that gives it back.
 * @throws TenutoError `STORAGE_LOCKED` when another process, or another backend of this one, has it
 */
export function lockFolder(dataDir: string): () => void {
  const pidFile = join(dataDir, 'tenuto.pid')
  const lock = takeLock(dataDir, pidFile)
  try {
    writeFileSync(pidFile, `${process.pid}\n`)
  } catch {
    // The lock holds without it.
  }
  return () => {
    rmSync(pidFile, { force: true })
    lock.close()
  }
}

function takeLock(dataDir: string, pidFile: string): DatabaseSync {
  let lock: DatabaseSync | undefined
  try {
    lock = connect(join(dataDir, 'tenuto.lock'), { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    const reported = toStorageError(error, `lock the data folder ${dataDir}`)
    if (reported.code !== 'STORAGE_LOCKED') throw reported
    const message = `The data folder ${dataDir} is in use by process ${readPid(pidFile)}; only one process may use it.`
    throw new TenutoError('STORAGE_LOCKED', message, { cause: error })
  }
}

function readPid(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim() || '(unknown)'
  } catch {
    return '(unknown)'
  }
}
