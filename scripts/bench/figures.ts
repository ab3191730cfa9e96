// What the benchmarks bring home: figures, each over several rounds and beside its floor, and checks of what is required.

export const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const
export type Letter = (typeof letters)[number]

/** Where it ran; `engine` is replay alone, on no backend. */
type Place = 'memory' | 'sqlite' | 'engine'

type Unit =
  | 'ms'
  | 'ms/step'
  | 'steps/s'
  | 'events/s'
  | 'B/instance'
  | 'heap B/instance'
  | 'commits/step'
  | 'ratio'

/** The same measurement over all rounds. */
export interface Sample {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
}

export interface Figure {
  readonly letter: Letter
  readonly place: Place
  readonly name: string
  readonly unit: Unit
  readonly engine: Sample
  /** The bare loop with the same durability; absent where none makes sense. */
  readonly floor?: Sample
  /** How many times better the floor is, median against median. */
  readonly timesFloor?: number
}

/** A property that must hold; when one does not, the exit code is 1. */
export interface Check {
  readonly letter: Letter
  readonly place: Place
  readonly property: string
  readonly required: string
  readonly actual: string
  readonly holds: boolean
}

export interface Findings {
  readonly figures: readonly Figure[]
  readonly checks: readonly Check[]
}

type Subject = Pick<Figure, 'letter' | 'place' | 'name' | 'unit'>

/** A figure from the values of its rounds. */
export function figureOf(subject: Subject, engine: readonly number[], floor: readonly number[] = []): Figure {
  const sample = sampleOf(engine)
  if (floor.length === 0) return { ...subject, engine: sample }
  const below = sampleOf(floor)
  const more = sample.median / below.median
  const isRate = subject.unit.endsWith('/s')
  return { ...subject, engine: sample, floor: below, timesFloor: isRate ? 1 / more : more }
}

export function sampleOf(values: readonly number[]): Sample {
  if (values.length === 0) throw new RangeError('A sample needs at least one round.')
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    rounds: values.length,
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** How long something took, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** Does something so many times, one after the other. */
export async function repeat<T>(count: number, work: (at: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  for (let at = 0; at < count; at++) results.push(await work(at))
  return results
}

/** The numbers from 0 up to `count`. */
export function times(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at)
}
