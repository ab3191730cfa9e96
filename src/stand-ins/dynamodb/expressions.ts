// What the expressions of one request mean: with its names and values, every one of which must be used.

import { notImplemented } from '../service-error.ts'
import { invalid } from './errors.ts'
import {
  type Condition,
  type Operand,
  parseCondition,
  parseProjection,
  parseUpdate,
  type Path,
} from './parse.ts'
import { compareText, compareValues, isSame, type Item, type Value } from './values.ts'

export interface ExpressionInput {
  readonly ConditionExpression?: string
  readonly UpdateExpression?: string
  readonly KeyConditionExpression?: string
  readonly FilterExpression?: string
  readonly ProjectionExpression?: string
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues?: Readonly<Record<string, Value>>
}

/** Attributes that an expression may call by their names: keys, which are no reserved words. */
const bare = new Set(['pk', 'sk', 'listKey', 'listOrder'])

export class Expressions {
  readonly #names: Readonly<Record<string, string>>
  readonly #values: Readonly<Record<string, Value>>

  /** @throws `ValidationException` when a name or value is not used */
  constructor(input: ExpressionInput) {
    this.#names = input.ExpressionAttributeNames ?? {}
    this.#values = input.ExpressionAttributeValues ?? {}
    const { ConditionExpression, UpdateExpression, KeyConditionExpression, FilterExpression } = input
    const texts = [
      ConditionExpression,
      UpdateExpression,
      KeyConditionExpression,
      FilterExpression,
      input.ProjectionExpression,
    ]
    const used = new Set(texts.flatMap((text) => text?.match(/[#:]\w+/g) ?? []))
    for (const [kind, given] of [
      ['Names', this.#names],
      ['Values', this.#values],
    ] as const) {
      const unused = Object.keys(given).filter((name) => !used.has(name))
      if (unused.length > 0)
        throw invalid(`Value provided in ExpressionAttribute${kind} unused in expressions: ${unused.join()}`)
    }
  }

  holds(text: string | undefined, item: Item): boolean {
    return text === undefined || this.#isTrue(parseCondition(text), item)
  }

  /** The item as an update makes it. */
  updated(text: string, item: Item): Item {
    const { set, remove } = parseUpdate(text)
    const changed: Record<string, Value> = { ...item }
    for (const path of remove) delete changed[this.#single(path)]
    for (const [path, value] of set) changed[this.#single(path)] = this.#value(value)
    return changed
  }

  projected(text: string | undefined, item: Item): Item {
    if (text === undefined) return item
    const names = parseProjection(text).map((name) => this.#name(name))
    return Object.fromEntries(names.flatMap((name) => (item[name] ? [[name, item[name]]] : [])))
  }

  /** `hash = :a`, or `hash = :a AND range BETWEEN :b AND :c`. */
  range(text: string, keys: { readonly hash: string; readonly range: string }): KeyRange {
    const condition = parseCondition(text)
    const [hash, range] = condition.kind === 'and' ? condition.all : [condition]
    const isHash =
      hash?.kind === 'compare' &&
      hash.by === '=' &&
      this.#isKey(hash.left, keys.hash) &&
      'value' in hash.right
    if (!isHash || (range && (range.kind !== 'between' || !this.#isKey(range.operand, keys.range))))
      throw notImplemented(`the key condition '${text}'`)
    const partition = this.#text(hash.right)
    if (!range) return { partition }
    const [from, to] = [this.#text(range.from), this.#text(range.to)]
    if (compareText(from, to) > 0)
      throw invalid('The BETWEEN operator requires upper bound to be greater than or equal to lower bound')
    return { partition, from, to }
  }

  #isTrue(condition: Condition, item: Item): boolean {
    switch (condition.kind) {
      case 'and':
        return condition.all.every((each) => this.#isTrue(each, item))
      case 'or':
        return condition.all.some((each) => this.#isTrue(each, item))
      case 'not':
        return !this.#isTrue(condition.condition, item)
      case 'exists':
        return (this.#at(condition.path, item) !== undefined) === condition.isThere
      case 'begins': {
        const [text, prefix] = [this.#of(condition.operand, item), this.#of(condition.prefix, item)]
        return text?.S !== undefined && prefix?.S !== undefined && text.S.startsWith(prefix.S)
      }
      case 'compare':
        return this.#compares(condition, item)
      case 'between': {
        const [value, from, to] = [condition.operand, condition.from, condition.to].map((each) =>
          this.#of(each, item),
        )
        if (!value || !from || !to) return false
        const [low, high] = [compareValues(from, value), compareValues(value, to)]
        return low !== undefined && high !== undefined && low <= 0 && high <= 0
      }
      case 'in': {
        const value = this.#of(condition.operand, item)
        return condition.among.some((each) => {
          const other = this.#of(each, item)
          return value !== undefined && other !== undefined && isSame(value, other)
        })
      }
      default:
        return condition satisfies never
    }
  }

  #compares({ by, left, right }: Extract<Condition, { kind: 'compare' }>, item: Item): boolean {
    const [a, b] = [this.#of(left, item), this.#of(right, item)]
    if (!a || !b) return by === '<>'
    if (by === '=') return isSame(a, b)
    if (by === '<>') return !isSame(a, b)
    const order = compareValues(a, b)
    if (order === undefined) return false
    switch (by) {
      case '<':
        return order < 0
      case '<=':
        return order <= 0
      case '>':
        return order > 0
      case '>=':
        return order >= 0
      default:
        return by satisfies never
    }
  }

  #of(operand: Operand, item: Item): Value | undefined {
    return 'value' in operand ? this.#value(operand.value) : this.#at(operand.path, item)
  }

  #at(path: Path, item: Item): Value | undefined {
    const [first = '', ...rest] = path
    let value = item[this.#name(first)]
    for (const name of rest) value = value?.M?.[this.#name(name)]
    return value
  }

  #text(operand: Operand): string {
    const { S } = ('value' in operand ? this.#value(operand.value) : undefined) ?? {}
    if (S === undefined) throw notImplemented('keys that are no text')
    return S
  }

  #isKey(operand: Operand, key: string): boolean {
    return 'path' in operand && operand.path.length === 1 && this.#name(operand.path[0] ?? '') === key
  }

  #single(path: Path): string {
    if (path.length !== 1) throw notImplemented('an update of a part of an attribute')
    return this.#name(path[0] ?? '')
  }

  #name(name: string): string {
    if (!name.startsWith('#')) {
      if (bare.has(name)) return name
      throw notImplemented(`an attribute that is called by its name: ${name}`)
    }
    return this.#names[name] ?? missing(name)
  }

  #value(name: string): Value {
    return this.#values[name] ?? missing(name)
  }
}

/** Both ends inclusive; left out: all of the partition. */
export interface KeyRange {
  readonly partition: string
  readonly from?: string
  readonly to?: string
}

function missing(name: string): never {
  throw invalid(`An expression attribute used in expression is not defined: ${name}`)
}
