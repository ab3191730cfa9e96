// Random workflow programs: what they are made of, and how they are drawn.

import type { Rng } from './rng.ts'

export type Step =
  | { readonly k: 'act'; readonly x: number }
  /** Fails some times, and is tried again. */
  | { readonly k: 'flaky'; readonly x: number; readonly fails: number }
  | { readonly k: 'fan'; readonly xs: readonly number[] }
  | {
      readonly k: 'inline'
      readonly xs: readonly number[]
      readonly together: boolean
      /** Results that share a commit. */
      readonly every: number
    }
  /** An activity with a time limit that it keeps: the timer of it is cancelled. */
  | { readonly k: 'timed'; readonly x: number }
  /** An activity that runs at most once; where it was interrupted the program knows better. */
  | { readonly k: 'once'; readonly x: number }
  /** Activities that run at most once, more than one at a time. */
  | { readonly k: 'onces'; readonly xs: readonly number[] }
  /** An activity that tells how far it has come, fails some times, and goes on where it was. */
  | { readonly k: 'beating'; readonly x: number; readonly fails: number }
  /** An activity that somebody else completes, after some attempts that they fail. */
  | { readonly k: 'later'; readonly x: number; readonly fails: number }
  /** One that nobody completes: its time is up. */
  | { readonly k: 'unanswered'; readonly x: number; readonly seconds: number }
  /** An activity that is cancelled after a while, whether it has run by then or not. */
  | { readonly k: 'dropped'; readonly x: number; readonly seconds: number; readonly isLater: boolean }
  /** Whatever is first, an activity or a timer; both are awaited in the end. */
  | { readonly k: 'any'; readonly x: number; readonly seconds: number }
  | { readonly k: 'timer'; readonly seconds: number }
  | { readonly k: 'event'; readonly name: string }
  /** An event with a time-out; either may come first, and nothing depends on it. */
  | { readonly k: 'race'; readonly name: string; readonly seconds: number }
  | { readonly k: 'child'; readonly program: Program }
  | { readonly k: 'detached'; readonly x: number }
  /** Children at once whose ids others want too: who finds one taken goes on with what it would have brought. */
  | { readonly k: 'rivals'; readonly calls: readonly Rival[] }
  /** A child that fails some times; whoever tries again is another instance. */
  | { readonly k: 'hatch'; readonly x: number; readonly fails: number }
  /** Another workflow, for which nobody waits, at once or at its time. */
  | { readonly k: 'start'; readonly program: Program; readonly inSeconds?: number }
  /** Other workflows, one after the other, under an id that others want too: dropped while they have it. */
  | { readonly k: 'claims'; readonly xs: readonly number[]; readonly place: number; readonly seconds: number }
  /** A place where new code takes another way than the code before. */
  | { readonly k: 'patched'; readonly x: number }
  /** An activity that is undone when the workflow fails, or asks for it. */
  | { readonly k: 'kept'; readonly x: number }
  /** Several such, under way when the body throws. */
  | { readonly k: 'half'; readonly xs: readonly number[] }
  /** Undoes everything so far. */
  | { readonly k: 'undo' }
  | { readonly k: 'send' }
  | { readonly k: 'status'; readonly value: number }
  | { readonly k: 'loop'; readonly times: number; readonly body: Program }
  | { readonly k: 'parallel'; readonly branches: readonly Program[] }
  /** Goes on with `x` when the body throws. */
  | { readonly k: 'try'; readonly x: number; readonly body: Program }
  /** An activity that fails for good until somebody has mended it; then the instance is rewound. */
  | { readonly k: 'fragile'; readonly x: number }
  /** An activity that fails for good. */
  | { readonly k: 'broken'; readonly x: number }
  | { readonly k: 'throw'; readonly x: number }
  | { readonly k: 'can'; readonly next: Program }

export interface Rival {
  readonly x: number
  /** Which of the ids. */
  readonly place: number
  /** For which it holds the id. */
  readonly seconds: number
  /** Tries again when it is taken. */
  readonly isPatient: boolean
}

export type Program = readonly Step[]

/** Where in a program something is drawn. */
interface Place {
  readonly depth: number
  /** Clients know nothing of children, so nobody sends them events. */
  readonly events: boolean
  /** Inside a `try`, and not beside other branches, which would go on. */
  readonly mayThrow: boolean
  /** Beside other branches: nobody knows which of them is the last. */
  readonly isBranch: boolean
}

type Draw = (rng: Rng, place: Place) => Step | undefined

const number = (rng: Rng): number => rng.int(1, 1e6)
const numbers = (rng: Rng, most: number): number[] =>
  Array.from({ length: rng.int(1, most) }, () => number(rng))
const deepest = 3

/** Steps and how often they come. */
const grammar: readonly (readonly [weight: number, draw: Draw])[] = [
  [3, (rng) => ({ k: 'act', x: number(rng) })],
  [2, (rng) => ({ k: 'flaky', x: number(rng), fails: rng.int(1, 2) })],
  [3, (rng) => ({ k: 'fan', xs: [number(rng), ...numbers(rng, 6)] })],
  [3, inline],
  [1, (rng) => ({ k: 'timed', x: number(rng) })],
  [2, (rng) => ({ k: 'once', x: number(rng) })],
  [1, (rng) => ({ k: 'onces', xs: [number(rng), ...numbers(rng, 8)] })],
  [1, (rng) => ({ k: 'beating', x: number(rng), fails: rng.int(0, 2) })],
  [2, (rng) => ({ k: 'later', x: number(rng), fails: rng.chance(0.3) ? rng.int(1, 2) : 0 })],
  [1, (rng) => ({ k: 'unanswered', x: number(rng), seconds: rng.int(1, 1_200) })],
  [2, (rng) => ({ k: 'dropped', x: number(rng), seconds: rng.int(0, 60), isLater: rng.chance(0.3) })],
  [1, (rng) => ({ k: 'any', x: number(rng), seconds: rng.int(1, 60) })],
  [1, (rng) => ({ k: 'timer', seconds: rng.int(1, 1800) })],
  [2, (rng, { events }) => (events ? { k: 'event', name: rng.pick(['a', 'b']) } : undefined)],
  [
    1,
    (rng, { events }) =>
      events ? { k: 'race', name: rng.pick(['a', 'b']), seconds: rng.int(1, 1200) } : undefined,
  ],
  [1, () => ({ k: 'send' })],
  [2, (rng) => ({ k: 'kept', x: number(rng) })],
  [1, (rng, { isBranch }) => (isBranch || rng.chance(0.5) ? undefined : { k: 'undo' })],
  [3, (rng, { mayThrow }) => (mayThrow ? { k: 'half', xs: numbers(rng, 3) } : undefined)],
  [1, (rng) => ({ k: 'detached', x: number(rng) })],
  [1, (rng, place) => nested(place, ({ depth }) => ({ k: 'start', program: trunk(rng, depth, false) }))],
  [1, (rng, { isBranch }) => (isBranch ? undefined : { k: 'status', value: rng.int(1, 99) })],
  [
    1,
    (rng, place) =>
      nested(place, (inner) => ({ k: 'loop', times: rng.int(2, 3), body: draw(rng, inner, 2) })),
  ],
  [1, (rng, place) => nested(place, (inner) => parallel(rng, { ...inner, mayThrow: false, isBranch: true }))],
  [1, (rng, place) => nested(place, (inner) => attempt(rng, { ...inner, mayThrow: true }))],
  [1, (rng, { mayThrow }) => (mayThrow ? { k: 'throw', x: number(rng) } : undefined)],
  [1, (rng, { mayThrow }) => (mayThrow ? { k: 'broken', x: number(rng) } : undefined)],
  [1, (rng, place) => nested(place, (inner) => child(rng, inner))],
]

/** A program for an instance that clients know. */
export function randomProgram(rng: Rng): Program {
  return trunk(rng, 0)
}

/** Every now and then it continues as new. */
function trunk(rng: Rng, depth: number, events = true): Program {
  const steps = draw(rng, { depth, events, mayThrow: false, isBranch: false }, 4)
  return depth < 2 && rng.chance(0.35) ? [...steps, { k: 'can', next: trunk(rng, depth + 1, events) }] : steps
}

function draw(rng: Rng, place: Place, most: number): Step[] {
  const steps: Step[] = []
  const all = grammar.reduce((sum, [weight]) => sum + weight, 0)
  for (let count = rng.int(1, most); count > 0; count--) {
    let at = rng.int(0, all - 1)
    const [, drawStep] = grammar.find(([weight]) => (at -= weight) < 0) ?? []
    const step = drawStep?.(rng, place)
    if (step) steps.push(step)
  }
  return steps
}

function nested(place: Place, make: (inner: Place) => Step): Step | undefined {
  if (place.depth >= deepest) return undefined
  return make({ ...place, depth: place.depth + 1 })
}

function inline(rng: Rng): Step {
  const [xs, together] = [numbers(rng, 4), rng.chance(0.5)]
  return { k: 'inline', xs, together, every: rng.int(1, 4) }
}

function parallel(rng: Rng, place: Place): Step {
  return { k: 'parallel', branches: Array.from({ length: rng.int(2, 3) }, () => draw(rng, place, 2)) }
}

function attempt(rng: Rng, place: Place): Step {
  return { k: 'try', x: number(rng), body: draw(rng, place, 3) }
}

/** A child throws only where its parent catches. */
function child(rng: Rng, place: Place): Step {
  if (!place.mayThrow) return { k: 'child', program: trunk(rng, place.depth, false) }
  return { k: 'child', program: draw(rng, { ...place, events: false }, 4) }
}

/** Names of the events that the program takes, in any order. */
export function eventsOf(program: Program): string[] {
  return program.flatMap((step) => {
    switch (step.k) {
      case 'event':
      case 'race':
        return [step.name]
      case 'can':
        return eventsOf(step.next)
      case 'loop':
        return Array.from({ length: step.times }, () => eventsOf(step.body)).flat()
      case 'parallel':
        return step.branches.flatMap(eventsOf)
      case 'try':
        return eventsOf(step.body)
      default:
        return []
    }
  })
}

/** All steps, those of children and of later generations included. */
export function stepsOf(program: Program): readonly Step[] {
  return program.flatMap((step): readonly Step[] => {
    switch (step.k) {
      case 'can':
        return [step, ...stepsOf(step.next)]
      case 'child':
      case 'start':
        return [step, ...stepsOf(step.program)]
      case 'loop':
      case 'try':
        return [step, ...stepsOf(step.body)]
      case 'parallel':
        return [step, ...step.branches.flatMap(stepsOf)]
      default:
        return [step]
    }
  })
}

/** Puts children that want the ids of others somewhere between the steps of the first generation. */
export function withRivals(rng: Rng, program: Program): Program {
  const calls = Array.from({ length: rng.int(2, 4) }, () => ({
    x: number(rng),
    place: rng.int(0, 1),
    seconds: rng.int(1, 240),
    isPatient: rng.chance(0.3),
  }))
  return withStep(rng, program, { k: 'rivals', calls })
}

/** Puts one of the steps that are drawn apart somewhere between those of the first generation. */
export function withRareStep(rng: Rng, program: Program): Program {
  const later = { k: 'start', program: [{ k: 'act', x: number(rng) }], inSeconds: rng.int(1, 1_800) } as const
  const hatch = { k: 'hatch', x: number(rng), fails: rng.int(0, 2) } as const
  const patched = { k: 'patched', x: number(rng) } as const
  const claims = { k: 'claims', xs: numbers(rng, 3), place: rng.int(0, 1), seconds: rng.int(0, 120) } as const
  return withStep(rng, program, rng.pick<Step>([later, hatch, patched, claims]))
}

function withStep(rng: Rng, program: Program, step: Step): Program {
  const at = rng.int(0, program.at(-1)?.k === 'can' ? program.length - 1 : program.length)
  return program.toSpliced(at, 0, step)
}

/** Puts a fragile step somewhere between the others, in this generation or in a later one. */
export function withFragileStep(rng: Rng, program: Program): Program {
  const last = program.at(-1)
  if (last?.k === 'can' && rng.chance(0.5))
    return [...program.slice(0, -1), { k: 'can', next: withFragileStep(rng, last.next) }]
  const at = rng.int(0, last?.k === 'can' ? program.length - 1 : program.length)
  return program.toSpliced(at, 0, { k: 'fragile', x: number(rng) })
}
