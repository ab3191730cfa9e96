// Where a page of a list ends, as text that callers hand back: a place in the order, which stays where it is when rows before it are gone.

import { TenutoError } from '../workflow/errors.ts'

export interface PageEnd {
  readonly createdAt: number
  readonly instanceId: string
}

export function toPageToken({ createdAt, instanceId }: PageEnd): string {
  return Buffer.from(JSON.stringify([createdAt, instanceId])).toString('base64url')
}

/** @throws TenutoError `INVALID_ARGUMENT` */
export function parsePageToken(token: string): PageEnd {
  try {
    const [createdAt, instanceId] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[]
    if (Number.isFinite(createdAt) && typeof instanceId === 'string') {
      return { createdAt: Number(createdAt), instanceId }
    }
  } catch {
    // Said below.
  }
  throw noPageToken(token)
}

export function noPageToken(token: string): TenutoError {
  return new TenutoError('INVALID_ARGUMENT', `'${token.slice(0, 80)}' is no page token.`)
}
