// What must come out of a program: computed at once, by other code than the engine's, with nothing that can fail.

import type { Program, Step } from './programs.ts'

/** What a workflow computes with: cheap, and sensitive to order. */
export const mix = (a: number, b: number): number => (Math.imul(a ^ b, 2_654_435_761) >>> 0) % 1_000_003

/** What undoes `x` is asked for; no program asks for so much itself. */
export const undoes = (x: number): number => x + 10_000_000

/** What the activity gives for `x`. */
export const valueOf = (x: number): number => mix(x, 77)

export interface Expected {
  readonly output: number
  /** Attempts of activities that must have run, counted by what they were asked. */
  readonly effects: ReadonlyMap<number, number>
  /** That of the last generation. */
  readonly customStatus: number | undefined
  /** Events sent to the sink. */
  readonly sent: number
}

class Thrown extends Error {}

export function oracle(program: Program): Expected {
  const run = new Oracle()
  const output = run.program(program, 1)
  return { output, effects: run.effects, customStatus: run.customStatus, sent: run.sent }
}

class Oracle {
  readonly effects = new Map<number, number>()
  customStatus: number | undefined
  sent = 0
  #isChild = false
  /** What the instance has done and may have to undo. */
  #kept: number[] = []

  program(program: Program, start: number): number {
    let acc = start
    for (const step of program) {
      if (step.k === 'can') {
        if (!this.#isChild) this.customStatus = undefined
        this.#undo()
        return this.program(step.next, acc)
      }
      acc = this.#step(step, acc)
    }
    return acc
  }

  #step(step: Exclude<Step, { k: 'can' }>, acc: number): number {
    switch (step.k) {
      case 'act':
      case 'fragile':
      case 'timed':
      case 'any':
      case 'patched':
        return mix(acc, this.#activity(step.x))
      // Whether it has run, nobody can tell.
      case 'once':
        return mix(acc, valueOf(step.x))
      case 'onces':
        return step.xs.reduce((sum, x) => mix(sum, valueOf(x)), acc)
      case 'unanswered':
        this.#activity(step.x)
        return mix(acc, step.x)
      case 'beating':
      case 'later':
      case 'flaky':
      case 'hatch':
        return mix(acc, this.#activity(step.x, step.fails + 1))
      case 'fan':
      case 'inline':
        return step.xs.reduce((sum, x) => mix(sum, this.#activity(x)), acc)
      case 'loop': {
        let sum = acc
        for (let round = 0; round < step.times; round++) sum = this.program(step.body, sum)
        return sum
      }
      case 'parallel':
        return step.branches.map((branch) => this.program(branch, acc)).reduce(mix, acc)
      case 'try':
        return this.#try(step, acc)
      case 'throw':
        throw new Thrown()
      case 'broken':
        this.#activity(step.x)
        throw new Thrown()
      case 'child':
        return mix(acc, this.#child(step.program))
      // Whether it was a child that brought it, nobody can tell.
      case 'rivals':
        return step.calls.reduce((sum, { x }) => mix(sum, valueOf(x)), acc)
      case 'kept':
        return mix(acc, this.#keep(step.x))
      case 'half':
        for (const x of step.xs) this.#keep(x)
        throw new Thrown()
      case 'undo':
        this.#undo()
        return acc
      case 'start':
        this.#child(step.program)
        return acc
      case 'detached':
        this.#activity(step.x)
        return acc
      // Whether it was dropped, nobody can tell.
      case 'claims':
        for (const x of step.xs) this.#activity(x)
        return acc
      case 'send':
        this.sent++
        return acc
      case 'status':
        if (!this.#isChild) this.customStatus = step.value
        return acc
      // Nobody hears what became of it.
      case 'dropped':
      case 'timer':
      case 'event':
      case 'race':
        return acc
      default:
        return step satisfies never
    }
  }

  #activity(x: number, attempts = 1): number {
    this.effects.set(x, (this.effects.get(x) ?? 0) + attempts)
    return valueOf(x)
  }

  #keep(x: number): number {
    this.#kept.push(x)
    return this.#activity(x)
  }

  #undo(): void {
    for (const x of this.#kept) this.#activity(undoes(x))
    this.#kept = []
  }

  #try({ body, x }: Extract<Step, { k: 'try' }>, acc: number): number {
    try {
      return this.program(body, acc)
    } catch (error) {
      if (!(error instanceof Thrown)) throw error
      return mix(acc, x)
    }
  }

  #child(program: Program): number {
    const [wasChild, kept] = [this.#isChild, this.#kept]
    this.#isChild = true
    this.#kept = []
    try {
      return this.program(program, 1)
    } catch (error) {
      this.#undo()
      throw error
    } finally {
      this.#isChild = wasChild
      this.#kept = kept
    }
  }
}
