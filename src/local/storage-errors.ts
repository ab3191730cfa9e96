// Errors of SQLite and of the file system in Tenuto's terms.

import { TenutoError, type ErrorCode } from '../workflow/errors.ts'

/** Primary result codes of SQLite. */
const sqliteCodes: Readonly<Record<number, ErrorCode>> = {
  5: 'STORAGE_LOCKED', // SQLITE_BUSY
  8: 'STORAGE_READ_ONLY', // SQLITE_READONLY
  11: 'STORAGE_CORRUPT', // SQLITE_CORRUPT
  13: 'STORAGE_FULL', // SQLITE_FULL
  14: 'STORAGE_READ_ONLY', // SQLITE_CANTOPEN
  26: 'STORAGE_CORRUPT', // SQLITE_NOTADB
}

const fileCodes: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'STORAGE_READ_ONLY',
  EEXIST: 'STORAGE_READ_ONLY', // a file stands where the folder should be
  ENOTDIR: 'STORAGE_READ_ONLY',
  EPERM: 'STORAGE_READ_ONLY',
  EROFS: 'STORAGE_READ_ONLY',
  ENOSPC: 'STORAGE_FULL',
  EDQUOT: 'STORAGE_FULL',
}

/** The error to report for one that came from below; `doing` completes "Could not …". */
export function toStorageError(error: unknown, doing: string): TenutoError {
  if (error instanceof TenutoError) return error
  const { code, errcode, message }: { code?: unknown; errcode?: unknown; message?: unknown } = isObject(error)
    ? error
    : {}
  const mapped = typeof errcode === 'number' ? sqliteCodes[errcode & 0xff] : fileCodes[String(code)]
  return new TenutoError(mapped ?? 'STORAGE_FAILED', `Could not ${doing}: ${String(message ?? error)}`, {
    cause: error,
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
