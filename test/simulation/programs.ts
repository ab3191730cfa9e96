// Random workflow programs, the workflow that runs them, and the oracle that says what must come out.

import { type ActivityContext, defineApp, type WorkflowContext } from '../../src/index.ts'
import type { Rng } from './rng.ts'

type Step =
  | { readonly k: 'act'; readonly x: number }
  | { readonly k: 'flaky'; readonly x: number; readonly fails: number }
  | { readonly k: 'fan'; readonly xs: readonly number[] }
  | { readonly k: 'inline'; readonly xs: readonly number[]; readonly together: boolean }
  | { readonly k: 'timer'; readonly seconds: number }
  | { readonly k: 'event'; readonly name: string }
  | { readonly k: 'race'; readonly name: string; readonly seconds: number }
  | { readonly k: 'child'; readonly program: Program }
  | { readonly k: 'detached'; readonly x: number }
  | { readonly k: 'send' }
  | { readonly k: 'can'; readonly next: Program }

export type Program = readonly Step[]

export interface ProgramInput {
  readonly program: Program
  readonly acc: number
  /** Takes what `send` sends. */
  readonly sink?: string
}

export interface Effects {
  /** An activity has run: by its idempotency key and attempt. */
  ran(key: string): void
  /** Lets virtual time pass inside an activity. */
  pause(ms: number): Promise<void>
}

const mix = (a: number, b: number): number => (Math.imul(a ^ b, 2_654_435_761) >>> 0) % 1_000_003
const valueOf = (x: number): number => mix(x, 77)

export function randomProgram(rng: Rng, depth = 0): Program {
  const steps: Step[] = []
  const x = () => rng.int(1, 1e6)
  for (let count = rng.int(1, 6); count > 0; count--) {
    const kind = rng.int(0, 20)
    if (kind < 3) steps.push({ k: 'act', x: x() })
    else if (kind < 5) steps.push({ k: 'flaky', x: x(), fails: rng.int(1, 2) })
    else if (kind < 8) steps.push({ k: 'fan', xs: Array.from({ length: rng.int(2, 9) }, x) })
    else if (kind < 9) steps.push({ k: 'timer', seconds: rng.int(1, 1800) })
    else if (kind < 11) steps.push({ k: 'event', name: rng.pick(['a', 'b']) })
    else if (kind < 12) steps.push({ k: 'race', name: rng.pick(['a', 'b']), seconds: rng.int(1, 1200) })
    else if (kind < 13) steps.push({ k: 'send' })
    else if (kind < 14) steps.push({ k: 'detached', x: x() })
    else if (kind >= 18) {
      steps.push({ k: 'inline', xs: Array.from({ length: rng.int(1, 4) }, x), together: rng.chance(0.5) })
    } else if (kind < 15 && depth < 2) {
      steps.push({
        k: 'child',
        program: randomProgram(rng, 2).filter(({ k }) => k !== 'event' && k !== 'race'),
      })
    } else if (depth < 2) {
      steps.push({ k: 'can', next: randomProgram(rng, depth + 1) })
      return steps
    }
  }
  return steps
}

/** Names of the events that the program needs, in order. */
export function eventsOf(program: Program): string[] {
  return program.flatMap((step) => {
    if (step.k === 'event' || step.k === 'race') return [step.name]
    return step.k === 'can' ? eventsOf(step.next) : []
  })
}

export function oracle(program: Program, start = 1): number {
  let acc = start
  for (const step of program) {
    if (step.k === 'act' || step.k === 'flaky') acc = mix(acc, valueOf(step.x))
    else if (step.k === 'fan' || step.k === 'inline') for (const x of step.xs) acc = mix(acc, valueOf(x))
    else if (step.k === 'child') acc = mix(acc, oracle(step.program))
    else if (step.k === 'can') return oracle(step.next, acc)
  }
  return acc
}

export function programApp(effects: Effects) {
  async function work(
    ctx: ActivityContext,
    { x, fails = 0 }: { x: number; fails?: number },
  ): Promise<number> {
    await effects.pause((x % 196) + 5)
    effects.ran(`${ctx.idempotencyKey}#${ctx.attempt}`)
    if (ctx.attempt <= fails) throw new Error('not yet')
    return valueOf(x)
  }

  async function run(
    ctx: WorkflowContext,
    { program, acc: start, sink: target }: ProgramInput,
  ): Promise<number> {
    let acc = start
    for (const step of program) {
      switch (step.k) {
        case 'act':
          acc = mix(acc, await ctx.callActivity(work, { x: step.x }))
          break
        case 'flaky': {
          const retry = { firstRetryInterval: 30, maxNumberOfAttempts: 40, backoffCoefficient: 1.1 }
          acc = mix(acc, await ctx.callActivity(work, { x: step.x, fails: step.fails }, { retry }))
          break
        }
        case 'fan': {
          const results = await Promise.all(step.xs.map((x) => ctx.callActivity(work, { x })))
          for (const result of results) acc = mix(acc, result)
          break
        }
        case 'inline': {
          const inline = { commitEvery: ((step.xs[0] ?? 0) % 4) + 1 }
          const call = (x: number) => ctx.callActivity(work, { x }, { inline })
          const results: number[] = []
          if (step.together) results.push(...(await Promise.all(step.xs.map(call))))
          else for (const x of step.xs) results.push(await call(x))
          for (const result of results) acc = mix(acc, result)
          break
        }
        case 'timer':
          await ctx.createTimer(step.seconds)
          break
        case 'event':
          await ctx.waitForExternalEvent(step.name)
          break
        case 'race':
          await ctx.waitForExternalEvent(step.name, { timeout: step.seconds }).catch(() => {})
          break
        case 'child': {
          const input: ProgramInput = {
            program: step.program,
            acc: 1,
            ...(target !== undefined && { sink: target }),
          }
          acc = mix(acc, await ctx.callChildWorkflow<number>('run', input))
          break
        }
        case 'detached':
          void ctx.callActivity(work, { x: step.x })
          break
        case 'send':
          if (target !== undefined) ctx.sendEvent(target, 'sent', ctx.newGuid())
          break
        case 'can':
          ctx.continueAsNew(
            { program: step.next, acc, ...(target !== undefined && { sink: target }) } satisfies ProgramInput,
            true,
          )
          return acc
        default:
          step satisfies never
      }
    }
    return acc
  }

  /** Takes what is sent until it is told to stop. */
  async function sink(ctx: WorkflowContext): Promise<unknown[]> {
    const taken: unknown[] = []
    const stop = ctx.waitForExternalEvent('stop')
    for (;;) {
      const sent = ctx.waitForExternalEvent('sent')
      if ((await ctx.whenAny({ sent, stop })) === 'stop') return taken
      taken.push(sent.getResult())
    }
  }

  return defineApp({ workflows: { run, sink }, activities: { work } })
}
