// The app of every world: a workflow that runs programs, the activity that they call, and the sink of what they send.

import { type ActivityContext, defineApp, versions, type WorkflowContext } from '../../src/index.ts'
import {
  type AskInput,
  type HatchInput,
  type IdleInput,
  Interpreter,
  type ProgramInput,
  type WorkInput,
} from './interpreter.ts'
import { valueOf } from './oracle.ts'
import type { Rival } from './programs.ts'

export interface Effects {
  /** An activity has run: its attempt by a key that is the same when it is run again, the run, and what it was asked. */
  ran(key: string, label: string, x: number): void
  /** An activity that runs at most once has begun. */
  began(key: string): void
  /** One of them was interrupted, or so its workflow heard. */
  interrupted(): void
  /** Which of the instances that try the same this one is, by the order in which they came here: 1 for the first. */
  nth(call: string, instanceId: string): number
  /** A child was not started: its id was taken. */
  refused(): void
  /** An attempt begins, and has read how far those before it came. */
  heard(key: string, attempt: number, details: number): void
  /** It has told how far it is. */
  told(key: string, details: number): void
  /** An activity has asked to be completed later, with the outcome that it shall have. */
  asked(token: string, outcome: { readonly x: number; readonly isFailure: boolean }): void
  /** Whether the fragile steps of a run work by now. */
  isMended(label: string): boolean
  /** Lets virtual time pass inside an activity. */
  pause(ms: number): Promise<void>
}

/** Asks again as long as it is not answered. */
async function insist<T>(ask: () => Promise<T>, pause: (ms: number) => Promise<void>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch {
      await pause(500)
    }
  }
}

/** @param isMisfit code that takes another path than the history whenever it is replayed, and goes on as it should where it is not */
export function programApp(effects: Effects, isMisfit = false) {
  async function work(ctx: ActivityContext, { x, label, fails = 0, isFragile }: WorkInput): Promise<number> {
    await effects.pause((x % 196) + 5)
    if (isFragile && !effects.isMended(label)) throw new Error('not mended yet')
    effects.ran(`${ctx.idempotencyKey}#${ctx.attempt}`, label, x)
    if (ctx.attempt <= fails) throw new Error('not yet')
    return valueOf(x)
  }

  async function ask(ctx: ActivityContext, { x, label, fails = 0, isSilent }: AskInput): Promise<number> {
    await effects.pause((x % 196) + 5)
    effects.ran(`${ctx.idempotencyKey}#${ctx.attempt}`, label, x)
    const token = await insist(
      async () => ctx.completeLater(),
      (ms) => effects.pause(ms),
    )
    if (!isSilent) effects.asked(token, { x, isFailure: ctx.attempt <= fails })
    if (x % 2 === 0) await effects.pause(x % 4_000)
    return -1
  }

  /** Tells a child which attempt it is. */
  async function count(ctx: ActivityContext, { x, label, call }: HatchInput): Promise<number> {
    await effects.pause((x % 196) + 5)
    effects.ran(`${ctx.idempotencyKey}#${ctx.attempt}`, label, x)
    return effects.nth(call, ctx.getWorkflowInstanceId())
  }

  /** Takes its time, so that claims have to be renewed. */
  async function once(ctx: ActivityContext, { x }: WorkInput): Promise<number> {
    effects.began(`${ctx.idempotencyKey}#${ctx.attempt}`)
    await effects.pause(x % 3 === 0 ? (x % 120) * 1_000 : (x % 196) + 5)
    return valueOf(x)
  }

  async function beating(ctx: ActivityContext, { x, label, fails = 0 }: WorkInput): Promise<number> {
    const pause = (ms: number) => effects.pause(ms)
    const at = (await insist(async () => ctx.lastHeartbeatDetails<number>(), pause)) ?? 0
    effects.heard(ctx.idempotencyKey, ctx.attempt, at)
    await pause((x % 196) + 5)
    effects.ran(`${ctx.idempotencyKey}#${ctx.attempt}`, label, x)
    for (let step = at + 1; step <= at + 3; step++) {
      await insist(async () => ctx.heartbeat(step), pause)
      effects.told(ctx.idempotencyKey, step)
    }
    if (ctx.attempt <= fails) throw new Error('not yet')
    return valueOf(x)
  }

  /** What it does is nobody's affair. */
  async function idle(ctx: ActivityContext, { x, isLater }: IdleInput): Promise<number> {
    await effects.pause((x % 4_000) + 5)
    const pause = (ms: number) => effects.pause(ms)
    if (isLater) await insist(async () => ctx.completeLater(), pause)
    else await ctx.heartbeat(x)
    return x
  }

  async function run(ctx: WorkflowContext, input: ProgramInput): Promise<number> {
    if (isMisfit && ctx.isReplaying()) void ctx.createTimer(1)
    return new Interpreter(ctx, input, {
      work,
      ask,
      once,
      beating,
      idle,
      brief,
      hatch,
      isNew: !isMisfit,
      interrupted: () => effects.interrupted(),
      refused: () => effects.refused(),
    }).program(input.program, input.acc)
  }

  /** Holds its id for a while. */
  async function brief(ctx: WorkflowContext, { x, seconds }: Rival): Promise<number> {
    await ctx.createTimer(seconds)
    return valueOf(x)
  }

  /** Fails, unless enough others have. */
  async function hatch(ctx: WorkflowContext, input: HatchInput): Promise<number> {
    const nth = await ctx.callActivity(count, input)
    if (nth <= (input.fails ?? 0)) throw new Error('not yet')
    return valueOf(input.x)
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

  const first = run
  const second: typeof run = async (ctx, input) => run(ctx, input)
  return defineApp({
    workflows: {
      run: isMisfit ? versions({ first }) : versions({ first, second }),
      sink,
      brief,
      hatch,
    },
    activities: { work, ask, once, beating, idle, count },
  })
}
