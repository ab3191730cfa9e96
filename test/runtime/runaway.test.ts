// A workflow that drives itself without end: its messages are its own, so nothing else would ever stop it.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import { limits } from '../../src/workflow/limits.ts'
import { Stage } from './stage.ts'

const { generationBurst } = limits

/** Continues as new without waiting for anything. */
async function spin(ctx: WorkflowContext, left: number): Promise<void> {
  if (left > 1) ctx.continueAsNew(left - 1)
}

/** Takes an event in each generation. */
async function serve(ctx: WorkflowContext, left: number): Promise<void> {
  await ctx.waitForExternalEvent('item')
  if (left > 1) ctx.continueAsNew(left - 1)
}

/** Seconds that so many generations take. */
async function secondsOf(generations: number): Promise<number> {
  const stage = new Stage()
  stage.deliverTo(stage.host({ workflows: { spin } }))
  const begin = stage.clock.now()
  await stage.start(stage.host({ workflows: { spin } }), 'spin', generations)
  await stage.ended('spin')
  return (stage.clock.now() - begin) / 1_000
}

test('generations in a row are not held up as long as they are no burst without end', async () => {
  expect(await secondsOf(generationBurst)).toBeLessThan(5)
})

test('beyond that there is one generation a second', async () => {
  const seconds = await secondsOf(generationBurst + 60)
  expect(seconds).toBeGreaterThan(55)
  expect(seconds).toBeLessThan(65)
})

test('the log says so, once in a burst', async () => {
  const stage = new Stage()
  const host = stage.host({ workflows: { spin } })
  stage.deliverTo(host)
  await stage.start(host, 'spin', 3 * generationBurst)
  await stage.ended('spin')
  const warnings = stage.logger.lines.filter(({ level }) => level === 'warn')
  expect(warnings.map(({ fields }) => fields?.['generation'])).toEqual([
    2 * generationBurst,
    3 * generationBurst,
  ])
})

test('what events from outside drive is not held up', async () => {
  const stage = new Stage()
  const host = stage.host({ workflows: { serve } })
  stage.deliverTo(host)
  const begin = stage.clock.now()
  await stage.start(host, 'serve', generationBurst + 200)
  for (let at = 0; at < generationBurst + 200; at++) await stage.raise(host, 'serve', 'item')
  await stage.ended('serve')
  expect(stage.clock.now() - begin).toBeLessThan(30_000)
})

test('a termination is not held up', async () => {
  const stage = new Stage()
  const host = stage.host({ workflows: { spin } })
  stage.deliverTo(host)
  await stage.start(host, 'spin', 1e9)
  await stage.rest(60_000)
  await host.management.terminate('spin')
  const before = stage.clock.now()
  expect(await stage.ended('spin')).toMatchObject({ status: 'TERMINATED' })
  expect(stage.clock.now() - before).toBeLessThan(1_000)
})
