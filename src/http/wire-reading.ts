// What every answer of the API is read with.

import { TenutoError } from '../workflow/errors.ts'

export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** Text that may be left out. */
export function optionalText<K extends string>(name: K, value: unknown): { readonly [P in K]?: string } {
  return typeof value === 'string' ? ({ [name]: value } as { readonly [P in K]?: string }) : {}
}

export function unexpected(what: string, json: unknown): TenutoError {
  const got = JSON.stringify(json)?.slice(0, 200)
  return new TenutoError('UNEXPECTED_RESPONSE', `Expected ${what}, got ${got}.`)
}
