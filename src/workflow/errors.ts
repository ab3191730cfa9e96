// Errors of Tenuto itself: each carries a code with a row in the catalogue and a heading in docs/errors.md.

import { type ErrorCode, errorCatalogue } from './error-catalogue.ts'

export type { ErrorCode }

/** An error of Tenuto's own. Match it by `code`, never by its text. */
export class TenutoError extends Error {
  override readonly name = 'TenutoError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** What to do about it, from the catalogue. */
  get remedy(): string {
    return errorCatalogue[this.code].remedy
  }
}

/** True for a `TenutoError`, with the given code when one is named. */
export function isTenutoError(error: unknown, code?: ErrorCode): error is TenutoError {
  return error instanceof TenutoError && (code === undefined || error.code === code)
}

/** States something that must be so; in production too, because a wrong history is worse than a stopped turn. */
export function assert(condition: unknown, detail: string): asserts condition {
  if (!condition) throw new TenutoError('INTERNAL', `This must never happen: ${detail}`)
}
