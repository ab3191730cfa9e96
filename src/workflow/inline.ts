// How an activity is run inside the turn that asks for it.

import type { InlineOptions } from './call-options.ts'
import { TenutoError } from './errors.ts'

const mostResults = 1_000

/** The option as a command records it. @throws TenutoError `INVALID_ARGUMENT` */
export function toInline(option: boolean | InlineOptions = false): { inline?: true; commitEvery?: number } {
  if (option === false) return {}
  if (option === true) return { inline: true }
  const { commitEvery } = option
  if (!Number.isInteger(commitEvery) || commitEvery < 1 || commitEvery > mostResults) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `commitEvery must be an integer from 1 to ${mostResults}, got ${String(commitEvery)}.`,
    )
  }
  return { inline: true, ...(commitEvery > 1 && { commitEvery }) }
}
