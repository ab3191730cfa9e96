// Expressions as text, read into what they mean: those that the adapters write. Anything else is refused.

import { notImplemented } from '../service-error.ts'
import { invalid } from './errors.ts'

/** Names along the way into maps, as they stand in the text. */
export type Path = readonly string[]

export type Operand = { readonly path: Path } | { readonly value: string }

const comparisons = ['=', '<>', '<', '<=', '>', '>='] as const
type Comparison = (typeof comparisons)[number]

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly all: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | { readonly kind: 'exists'; readonly path: Path; readonly isThere: boolean }
  | { readonly kind: 'begins'; readonly operand: Operand; readonly prefix: Operand }
  | { readonly kind: 'compare'; readonly by: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly from: Operand; readonly to: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly among: readonly Operand[] }

export interface Update {
  readonly set: readonly (readonly [path: Path, value: string])[]
  readonly remove: readonly Path[]
}

const conditions = new Map<string, Condition>()
const updates = new Map<string, Update>()
const kept = 2_000

export function parseCondition(text: string): Condition {
  return remembered(conditions, text, () => {
    const parser = new Parser(text)
    const condition = parser.condition()
    parser.end()
    return condition
  })
}

/** `SET #a = :a, … REMOVE #b, …` */
export function parseUpdate(text: string): Update {
  return remembered(updates, text, () => {
    const parser = new Parser(text)
    const update = parser.update()
    parser.end()
    return update
  })
}

/** `#a, #b` */
export function parseProjection(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim())
}

function remembered<T>(known: Map<string, T>, text: string, parse: () => T): T {
  const present = known.get(text)
  if (present !== undefined) return present
  const parsed = parse()
  if (known.size < kept) known.set(text, parsed)
  return parsed
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = text.match(/[#:]?\w+|<>|<=|>=|[=<>(),.]|\S/g) ?? []
  }

  end(): void {
    if (this.#at < this.#tokens.length) this.#refuse()
  }

  condition(): Condition {
    return this.#list('OR', 'or', () => this.#list('AND', 'and', () => this.#negation()))
  }

  update(): Update {
    const set: (readonly [Path, string])[] = []
    const remove: Path[] = []
    while (this.#at < this.#tokens.length) {
      if (this.#takes('SET')) {
        do {
          const path = this.#path()
          this.#expect('=')
          set.push([path, this.#placeholder(':')])
        } while (this.#takes(','))
      } else if (this.#takes('REMOVE')) {
        do remove.push(this.#path())
        while (this.#takes(','))
      } else this.#refuse()
    }
    return { set, remove }
  }

  #list(word: string, kind: 'and' | 'or', next: () => Condition): Condition {
    const first = next()
    const all = [first]
    while (this.#takes(word)) all.push(next())
    return all.length === 1 ? first : { kind, all }
  }

  #negation(): Condition {
    if (this.#takes('NOT')) return { kind: 'not', condition: this.#negation() }
    if (this.#takes('(')) {
      const inner = this.condition()
      this.#expect(')')
      return inner
    }
    return this.#call() ?? this.#relation()
  }

  #call(): Condition | undefined {
    if (this.#tokens[this.#at + 1] !== '(') return undefined
    const name = this.#tokens[this.#at]
    this.#at += 2
    const inner = ((): Condition => {
      if (name === 'attribute_exists' || name === 'attribute_not_exists')
        return { kind: 'exists', path: this.#path(), isThere: name === 'attribute_exists' }
      if (name !== 'begins_with') throw notImplemented(`the function ${name} in '${this.#text}'`)
      const operand = this.#operand()
      this.#expect(',')
      return { kind: 'begins', operand, prefix: this.#operand() }
    })()
    this.#expect(')')
    return inner
  }

  #relation(): Condition {
    const operand = this.#operand()
    if (this.#takes('BETWEEN')) {
      const from = this.#operand()
      this.#expect('AND')
      return { kind: 'between', operand, from, to: this.#operand() }
    }
    if (this.#takes('IN')) {
      this.#expect('(')
      const among: Operand[] = []
      do among.push(this.#operand())
      while (this.#takes(','))
      this.#expect(')')
      return { kind: 'in', operand, among }
    }
    const by = comparisons.find((each) => this.#takes(each))
    if (!by) return this.#refuse()
    return { kind: 'compare', by, left: operand, right: this.#operand() }
  }

  #operand(): Operand {
    if (this.#tokens[this.#at]?.startsWith(':')) return { value: this.#placeholder(':') }
    return { path: this.#path() }
  }

  #path(): Path {
    const path = [this.#name()]
    while (this.#takes('.')) path.push(this.#name())
    return path
  }

  #name(): string {
    const token = this.#tokens[this.#at++]
    return token !== undefined && /^#?\w+$/.test(token) ? token : this.#refuse()
  }

  #placeholder(sign: string): string {
    const token = this.#tokens[this.#at++]
    return token?.startsWith(sign) ? token : this.#refuse()
  }

  #takes(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }

  #expect(token: string): void {
    if (!this.#takes(token)) this.#refuse()
  }

  #refuse(): never {
    throw invalid(`Invalid expression at token ${this.#at}: '${this.#text}'`)
  }
}
