// How a workflow runs a program: each step by what it is about.

import { type ActivityContext, TaskFailedError, type WorkflowContext } from '../../src/index.ts'
import { mix, undoes, valueOf } from './oracle.ts'
import type { Program, Rival, Step } from './programs.ts'

export interface ProgramInput {
  readonly program: Program
  readonly acc: number
  /** Names the run that all of this belongs to, children included. */
  readonly label: string
  /** Takes what `send` sends. */
  readonly sink?: string
}

export interface AskInput extends WorkInput {
  /** Nobody is told. */
  readonly isSilent?: boolean
}

export interface IdleInput {
  readonly x: number
  readonly isLater: boolean
}

export interface WorkInput {
  readonly x: number
  readonly label: string
  /** Attempts that fail. */
  readonly fails?: number
  /** Fails for good until somebody has mended it. */
  readonly isFragile?: boolean
}

export interface HatchInput extends WorkInput {
  /** Names the attempts that belong together. */
  readonly call: string
}

const retry = { firstRetryInterval: 30, maxNumberOfAttempts: 40, backoffCoefficient: 1.1 }
const always = 1_000

interface Activities {
  readonly work: (ctx: ActivityContext, input: WorkInput) => Promise<number>
  readonly ask: (ctx: ActivityContext, input: AskInput) => Promise<number>
  readonly once: (ctx: ActivityContext, input: WorkInput) => Promise<number>
  readonly beating: (ctx: ActivityContext, input: WorkInput) => Promise<number>
  readonly idle: (ctx: ActivityContext, input: IdleInput) => Promise<number>
  readonly brief: (ctx: WorkflowContext, input: Rival) => Promise<number>
  readonly hatch: (ctx: WorkflowContext, input: HatchInput) => Promise<number>
  /** Whether this code knows of the new way. */
  readonly isNew: boolean
  readonly interrupted: () => void
  readonly refused: () => void
}

export class Interpreter {
  readonly #ctx: WorkflowContext
  readonly #input: ProgramInput
  readonly #activities: Activities

  constructor(ctx: WorkflowContext, input: ProgramInput, activities: Activities) {
    this.#ctx = ctx
    this.#input = input
    this.#activities = activities
  }

  async program(program: Program, start: number): Promise<number> {
    let acc = start
    for (const step of program) {
      if (step.k === 'can') {
        await this.#ctx.rollback()
        this.#ctx.continueAsNew({ ...this.#input, program: step.next, acc } satisfies ProgramInput, true)
        return acc
      }
      acc = await this.#step(step, acc)
    }
    return acc
  }

  async #step(step: Exclude<Step, { k: 'can' }>, acc: number): Promise<number> {
    const ctx = this.#ctx
    switch (step.k) {
      case 'act':
        return mix(acc, await this.#call(step.x))
      case 'flaky':
        return mix(
          acc,
          await ctx.callActivity(this.#activities.work, this.#ask(step.x, step.fails), { retry }),
        )
      case 'fragile':
        return mix(
          acc,
          await ctx.callActivity(this.#activities.work, { ...this.#ask(step.x), isFragile: true }),
        )
      case 'timed':
        return mix(acc, await ctx.callActivity(this.#activities.work, this.#ask(step.x), { timeout: '24h' }))
      case 'once':
        return mix(acc, await this.#once(step.x))
      case 'onces':
        return (await Promise.all(step.xs.map((x) => this.#once(x)))).reduce(mix, acc)
      case 'beating': {
        const call = ctx.callActivity(this.#activities.beating, this.#ask(step.x, step.fails), { retry })
        return mix(acc, await call)
      }
      case 'later':
        return mix(
          acc,
          await ctx.callActivity(this.#activities.ask, this.#ask(step.x, step.fails), { retry }),
        )
      case 'unanswered':
        return mix(acc, await this.#unanswered(step))
      case 'dropped':
        await this.#drop(step)
        return acc
      case 'fan':
        return (await Promise.all(step.xs.map((x) => this.#call(x)))).reduce(mix, acc)
      case 'inline':
        return (await this.#inline(step)).reduce(mix, acc)
      case 'any':
        return mix(acc, await this.#any(step))
      case 'timer':
        await ctx.createTimer(step.seconds)
        return acc
      case 'event':
        await ctx.waitForExternalEvent(step.name)
        return acc
      case 'race':
        await ctx.waitForExternalEvent(step.name, { timeout: step.seconds }).catch(() => {})
        return acc
      case 'child': {
        const input: ProgramInput = { ...this.#input, program: step.program, acc: 1 }
        return mix(acc, await ctx.callChildWorkflow<number>('run', input))
      }
      case 'hatch':
        return mix(acc, await this.#hatch(step))
      case 'patched':
        return mix(acc, await this.#patched(step.x))
      case 'rivals':
        return (await Promise.all(step.calls.map((call) => this.#rival(call)))).reduce(mix, acc)
      case 'detached':
        void this.#call(step.x)
        return acc
      case 'start': {
        const input: ProgramInput = { ...this.#input, program: step.program, acc: 1 }
        const startTime = step.inSeconds === undefined ? {} : { startTime: step.inSeconds }
        ctx.scheduleNewWorkflow('run', input, { instanceId: `started-${ctx.newGuid()}`, ...startTime })
        return acc
      }
      case 'claims':
        await this.#claim(step)
        return acc
      case 'kept':
        return mix(acc, await this.#keep(step.x))
      case 'undo':
        await ctx.rollback()
        return acc
      case 'send':
        if (this.#input.sink !== undefined) ctx.sendEvent(this.#input.sink, 'sent', ctx.newGuid())
        return acc
      case 'status':
        ctx.setCustomStatus(step.value)
        return acc
      default:
        return this.#nested(step, acc)
    }
  }

  async #nested(
    step: Extract<Step, { k: 'loop' | 'parallel' | 'try' | 'broken' | 'half' | 'throw' }>,
    acc: number,
  ) {
    switch (step.k) {
      case 'loop': {
        let sum = acc
        for (let round = 0; round < step.times; round++) sum = await this.program(step.body, sum)
        return sum
      }
      case 'parallel':
        return (await Promise.all(step.branches.map((each) => this.program(each, acc)))).reduce(mix, acc)
      case 'try':
        return this.program(step.body, acc).catch(() => mix(acc, step.x))
      case 'broken':
        return this.#ctx.callActivity(this.#activities.work, this.#ask(step.x, always))
      case 'half':
        for (const x of step.xs) void this.#keep(x)
        throw new Error('thrown by the program: half of it is under way')
      case 'throw':
        throw new Error(`thrown by the program: ${step.x}`)
      default:
        return step satisfies never
    }
  }

  async #inline({ xs, together, every }: Extract<Step, { k: 'inline' }>): Promise<number[]> {
    const inline = { commitEvery: every }
    const call = (x: number) => this.#ctx.callActivity(this.#activities.work, this.#ask(x), { inline })
    if (together) return Promise.all(xs.map(call))
    const results: number[] = []
    for (const x of xs) results.push(await call(x))
    return results
  }

  async #rival(rival: Rival): Promise<number> {
    const { x, place, isPatient } = rival
    const options = { instanceId: `brief-${place}`, ...(isPatient && { retry }) }
    return this.#ctx.callChildWorkflow(this.#activities.brief, rival, options).catch((error: unknown) => {
      const code = error instanceof TaskFailedError ? error.failure.code : undefined
      if (code !== 'CHILD_NOT_STARTED') throw error
      this.#activities.refused()
      return valueOf(x)
    })
  }

  #hatch({ x, fails }: Extract<Step, { k: 'hatch' }>) {
    const input = { ...this.#ask(x, fails), call: this.#ctx.newGuid() }
    return this.#ctx.callChildWorkflow(this.#activities.hatch, input, { retry })
  }

  /** Either way comes to the same. */
  async #patched(x: number): Promise<number> {
    if (this.#activities.isNew && this.#ctx.isPatched('new')) await this.#ctx.createTimer(1)
    return this.#call(x)
  }

  async #claim({ xs, place, seconds }: Extract<Step, { k: 'claims' }>): Promise<void> {
    for (const x of xs) {
      const program: Program = [{ k: 'send' }, { k: 'act', x }]
      const input: ProgramInput = { ...this.#input, program, acc: 1 }
      this.#ctx.scheduleNewWorkflow('run', input, { instanceId: `claimed-${place}` })
      await this.#ctx.createTimer(seconds)
    }
  }

  /** What is interrupted may have run or not; the program makes up for it. */
  async #once(x: number): Promise<number> {
    const call = this.#ctx.callActivity(this.#activities.once, this.#ask(x), { atMostOnce: true, retry })
    return call.catch((error: unknown) => {
      const code = error instanceof TaskFailedError ? error.failure.code : undefined
      if (code !== 'ACTIVITY_INTERRUPTED') return 0
      this.#activities.interrupted()
      return valueOf(x)
    })
  }

  async #unanswered({ x, seconds }: Extract<Step, { k: 'unanswered' }>): Promise<number> {
    const input = { ...this.#ask(x), isSilent: true }
    const error: unknown = await this.#ctx
      .callActivity(this.#activities.ask, input, { timeout: seconds })
      .catch((thrown: unknown) => thrown)
    return error instanceof TaskFailedError && error.failure.code === 'ACTIVITY_TIMEOUT' ? x : 0
  }

  async #drop({ x, seconds, isLater }: Extract<Step, { k: 'dropped' }>): Promise<void> {
    const task = this.#ctx.callActivity(this.#activities.idle, { x, isLater })
    if (seconds > 0) await this.#ctx.createTimer(seconds)
    task.cancel()
    await task.catch(() => {})
  }

  async #any({ x, seconds }: Extract<Step, { k: 'any' }>): Promise<number> {
    const work = this.#call(x)
    const timer = this.#ctx.createTimer(seconds)
    await this.#ctx.whenAny({ work, timer })
    await timer
    return work
  }

  #keep(x: number) {
    const rollback = { activity: this.#activities.work, input: this.#ask(undoes(x)) }
    return this.#ctx.callActivity(this.#activities.work, this.#ask(x), { rollback })
  }

  #call(x: number) {
    return this.#ctx.callActivity(this.#activities.work, this.#ask(x))
  }

  #ask(x: number, fails?: number): WorkInput {
    return { x, label: this.#input.label, ...(fails !== undefined && { fails }) }
  }
}
