// Tags: texts by which lists find an instance, given at its start.

import { TenutoError } from './errors.ts'
import { limits } from './limits.ts'

export type Tags = Readonly<Record<string, string>>

/** @throws TenutoError `INVALID_ARGUMENT` */
export function checkTags(tags: Tags): void {
  const entries = Object.entries(tags)
  if (entries.length > limits.tags) {
    refuse(`An instance has at most ${limits.tags} tags, got ${entries.length}.`)
  }
  for (const [name, value] of entries) {
    if (!/^[\p{L}\p{Nd}_.-]+$/u.test(name) || name.length > limits.tagNameCharacters) {
      refuse(
        `The name of a tag is 1 to ${limits.tagNameCharacters} letters, digits, _, - and ., got '${name.slice(0, 80)}'.`,
      )
    }
    if (typeof value !== 'string' || value.length > limits.tagValueCharacters || !isPlain(value)) {
      refuse(
        `The value of the tag '${name}' must be a text of at most ${limits.tagValueCharacters} characters, without control characters.`,
      )
    }
  }
}

function isPlain(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text)
}

function refuse(message: string): never {
  throw new TenutoError('INVALID_ARGUMENT', message)
}
