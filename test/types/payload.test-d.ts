// What the compiler makes of a type on its way through JSON. Checked by `npm run types`.

import { expectTypeOf } from 'vitest'
import type { Jsonify } from '../../src/workflow/payload.ts'

// What JSON keeps.
function kept() {
  expectTypeOf<Jsonify<string>>().toEqualTypeOf<string>()
  expectTypeOf<Jsonify<'a' | 5 | true | null>>().toEqualTypeOf<'a' | 5 | true | null>()
  expectTypeOf<Jsonify<unknown>>().toEqualTypeOf<unknown>()
  expectTypeOf<Jsonify<undefined>>().toEqualTypeOf<undefined>()
  expectTypeOf<Jsonify<void>>().toEqualTypeOf<undefined>()
  expectTypeOf<Jsonify<string | undefined>>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Jsonify<{ readonly a: number; b?: string }>>().toEqualTypeOf<{
    readonly a: number
    b?: string
  }>()
  expectTypeOf<Jsonify<Record<string, number>>>().toEqualTypeOf<Record<string, number>>()
}

// What is absent may be left out again.
function optionalFields() {
  expectTypeOf<Jsonify<{ a?: string }>>().toEqualTypeOf<{ a?: string }>()
  expectTypeOf<Jsonify<{ a?: string | undefined }>>().toEqualTypeOf<{ a?: string }>()
  expectTypeOf<Jsonify<{ a: string | undefined }>>().toEqualTypeOf<{ a: string | undefined }>()
  expectTypeOf<Jsonify<{ a: null; b: undefined }>>().toEqualTypeOf<{ a: null; b: undefined }>()
  expectTypeOf<Jsonify<Partial<Record<'a' | 'b', Date>>>>().toEqualTypeOf<{ a?: string; b?: string }>()
}

// What it turns into something else.
function converted() {
  expectTypeOf<Jsonify<Date>>().toEqualTypeOf<string>()
  expectTypeOf<Jsonify<{ at: Date; deep: { at?: Date }[] }>>().toEqualTypeOf<{
    at: string
    deep: { at?: string }[]
  }>()
  expectTypeOf<Jsonify<{ toJSON(): { a: Date } }>>().toEqualTypeOf<{ a: string }>()
  expectTypeOf<Jsonify<Map<string, number>>>().toEqualTypeOf<Record<string, never>>()
  expectTypeOf<Jsonify<URL>>().toEqualTypeOf<string>()
  expectTypeOf<Jsonify<[number, Date, undefined]>>().toEqualTypeOf<[number, string, null]>()
  expectTypeOf<Jsonify<readonly (string | undefined)[]>>().toEqualTypeOf<(string | null)[]>()
}

// What it drops or cannot carry.
function dropped() {
  expectTypeOf<Jsonify<{ a: number; f(): void; g: () => string; s: symbol }>>().toEqualTypeOf<{ a: number }>()
  expectTypeOf<Jsonify<{ [Symbol.iterator]: number; a: 1 }>>().toEqualTypeOf<{ a: 1 }>()
  expectTypeOf<Jsonify<bigint>>().toEqualTypeOf<never>()
  expectTypeOf<Jsonify<() => void>>().toEqualTypeOf<never>()

  class Money {
    readonly amount: number = 0
    format(): string {
      return ''
    }
  }
  expectTypeOf<Jsonify<Money>>().toEqualTypeOf<{ readonly amount: number }>()
}

// Recursive and generic types.
function recursive() {
  interface Tree {
    readonly value: Date
    readonly children: readonly Tree[]
  }
  type Written = Jsonify<Tree>
  expectTypeOf<Written['value']>().toEqualTypeOf<string>()
  expectTypeOf<Written['children'][number]['value']>().toEqualTypeOf<string>()
}

export const checked = [optionalFields, kept, converted, dropped, recursive]
