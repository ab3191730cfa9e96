// What comes from outside may be anything. Each example names the fields it needs and says clearly what is wrong with the rest.

/** Reads one value; throws when it is not what was asked for. */
type Reader<T> = (value: unknown, name: string) => T

interface Range {
  readonly min: number
  readonly max: number
}

export function number({ min, max }: Range): Reader<number> {
  return (value, name) => {
    if (typeof value === 'number' && value >= min && value <= max) return value
    throw mismatch(name, `a number from ${min} to ${max}`, value)
  }
}

export function integer(range: Range): Reader<number> {
  return (value, name) => {
    if (Number.isInteger(number(range)(value, name))) return value as number
    throw mismatch(name, `a whole number from ${range.min} to ${range.max}`, value)
  }
}

export function boolean(): Reader<boolean> {
  return (value, name) => {
    if (typeof value === 'boolean') return value
    throw mismatch(name, 'true or false', value)
  }
}

export function text(maxCharacters = 200): Reader<string> {
  return (value, name) => {
    if (typeof value === 'string' && value !== '' && value.length <= maxCharacters) return value
    throw mismatch(name, `a text of 1 to ${maxCharacters} characters`, value)
  }
}

export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, name) => (value === undefined ? undefined : reader(value, name))
}

type Readers = Readonly<Record<string, Reader<unknown>>>
type OptionalNames<R extends Readers> = {
  [K in keyof R]: undefined extends ReturnType<R[K]> ? K : never
}[keyof R]
type Fields<R extends Readers> = { readonly [K in Exclude<keyof R, OptionalNames<R>>]: ReturnType<R[K]> } & {
  readonly [K in OptionalNames<R>]?: NonNullable<ReturnType<R[K]>>
}

/** The named fields of an object; all others are ignored. @throws TypeError with the field, what it must be and what it is */
export function readFields<R extends Readers>(input: unknown, readers: R): Fields<R> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw mismatch('The input', `an object with ${Object.keys(readers).join(', ')}`, input)
  }
  const fields = Object.entries(readers).map(([name, read]) => {
    const value: unknown = Object.hasOwn(input, name) ? input[name as keyof typeof input] : undefined
    return [name, read(value, name)] as const
  })
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as Fields<R>
}

function mismatch(name: string, expected: string, value: unknown): TypeError {
  const got =
    value === undefined ? 'nothing' : `${(JSON.stringify(value) ?? '').slice(0, 60)} (${typeof value})`
  return new TypeError(`${name} must be ${expected}, got ${got}.`)
}
