// Property: whatever else the process does, foreign code never sees the window, and workflow code always does.

import nodeCrypto from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { completed } from '../support/engine-events.ts'
import { start, startTime } from '../support/engine-harness.ts'
import { numRuns } from '../support/property.ts'

const real = {
  Date,
  now: Date.now,
  random: Math.random,
  setTimeout,
  setInterval,
  setImmediate,
  fetch,
  nextTick: process.nextTick,
  randomUUID: nodeCrypto.randomUUID,
}

/** The names of those globals that are not the real ones. */
function replaced(): string[] {
  const present: typeof real = {
    Date,
    now: Date.now,
    random: Math.random,
    setTimeout,
    setInterval,
    setImmediate,
    fetch,
    nextTick: process.nextTick,
    randomUUID: nodeCrypto.randomUUID,
  }
  return Object.keys(real).filter(
    (key) => present[key as keyof typeof real] !== real[key as keyof typeof real],
  )
}

type ForeignStep = 'timeout' | 'immediate' | 'promise' | 'tick' | 'microtask'
const foreignStep = fc.constantFrom<ForeignStep>('timeout', 'immediate', 'promise', 'tick', 'microtask')

/** Foreign code: a chain of steps, which looks at the globals at every one. */
async function foreign(steps: readonly ForeignStep[], seen: string[]): Promise<void> {
  for (const step of steps) {
    await new Promise<void>((resolve) => {
      if (step === 'timeout') setTimeout(resolve, 0)
      else if (step === 'immediate') setImmediate(resolve)
      else if (step === 'tick') process.nextTick(resolve)
      else if (step === 'microtask') queueMicrotask(resolve)
      else resolve()
    })
    seen.push(...replaced())
  }
}

/** A workflow that looks at the globals at every continuation it can make. */
function looking(hops: number, calls: number) {
  return async (ctx: WorkflowContext) => {
    let wrong = 0
    const look = () => {
      if (replaced().length !== Object.keys(real).length || Date.now() < startTime) wrong++
    }
    for (let call = 0; call < calls; call++) {
      look()
      for (let hop = 0; hop < hops; hop++) {
        await Promise.resolve()
        look()
      }
      await new Promise<void>((resolve) => queueMicrotask(resolve))
      look()
      await new Promise<void>((resolve) => process.nextTick(resolve))
      look()
      await ctx.callActivity('a')
      look()
    }
    return wrong
  }
}

test('windows of many instances, mixed with foreign timers, immediates, ticks and promises', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ hops: fc.nat(5), calls: fc.integer({ min: 1, max: 4 }) }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.array(fc.array(foreignStep, { minLength: 1, maxLength: 25 }), { maxLength: 8 }),
      async (instances, chains) => {
        const seen: string[] = []
        const host = chains.map(async (steps) => foreign(steps, seen))
        const runs = instances.map(async ({ hops, calls }, at) => {
          const run = await start(looking(hops, calls), { instanceId: `i${at}` })
          for (let seq = 1; seq <= calls; seq++) await run.turn(completed(seq))
          return run
        })
        for (const run of await Promise.all(runs)) expect(run.output).toBe(0)
        await Promise.all(host)
        expect(seen, 'replaced globals that foreign code has seen').toEqual([])
        expect(replaced()).toEqual([])
      },
    ),
    { numRuns: numRuns(100) },
  )
})
