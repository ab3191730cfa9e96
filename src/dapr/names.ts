// Names as in Dapr: a function is known by its own name.

import { TenutoError } from '../workflow/errors.ts'

/** @throws TenutoError `INVALID_ARGUMENT` for a function without a name */
export function nameOf(kind: 'workflow' | 'activity', given: unknown): string {
  const name = typeof given === 'function' ? given.name : given
  if (typeof name === 'string' && name !== '') return name
  const what =
    typeof given === 'function' ? `An anonymous function is no ${kind}` : `A ${typeof given} names no ${kind}`
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `${what}: give it a name, or pass the name under which it is registered.`,
  )
}
