import { assert } from '../workflow/errors.ts'

/** A binary heap: the least item is always at hand. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #before: (a: T, b: T) => boolean

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    let at = this.#items.length
    this.#items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(item, this.#at(parent))) break
      this.#items[at] = this.#at(parent)
      at = parent
    }
    this.#items[at] = item
  }

  pop(): T | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (last === undefined || this.#items.length === 0) return first
    let at = 0
    for (let child = 1; child < this.#items.length; child = at * 2 + 1) {
      const right = child + 1
      if (right < this.#items.length && this.#before(this.#at(right), this.#at(child))) child = right
      if (!this.#before(this.#at(child), last)) break
      this.#items[at] = this.#at(child)
      at = child
    }
    this.#items[at] = last
    return first
  }

  #at(index: number): T {
    const item = this.#items[index]
    assert(item !== undefined, 'a heap has no holes')
    return item
  }
}
