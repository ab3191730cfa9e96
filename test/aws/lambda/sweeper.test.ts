import { expect, test } from 'vitest'
import { sweeperHandler } from '../../../src/aws/index.ts'
import { contextWith, createWorld, type World } from './support.ts'

async function stall(world: World, instanceId: string): Promise<void> {
  await world.management.start({ workflowName: 'any', instanceId })
  const row = await world.memory.store.getInstance(instanceId)
  if (!row) throw new Error('It did not start.')
  const reason = { errorType: 'TenutoError', message: 'It does not fit.', code: 'NON_DETERMINISM' }
  await world.memory.store.setStalled(row, reason, world.memory.clock.now())
}

test('it sweeps until shortly before its time is up, then counts what is stalled', async () => {
  const world = createWorld()
  await stall(world, 'one')
  await stall(world, 'two')
  await world.management.start({ workflowName: 'any', instanceId: 'three' })
  const deadlines: number[] = []
  const handler = sweeperHandler(async (_, { deadline }) => void deadlines.push(deadline), {
    backend: world.backend,
  })
  await handler({}, contextWith(60_000))
  expect(deadlines).toEqual([world.memory.clock.now() + 55_000])
  expect(world.metrics).toEqual([['StalledInstances', 2]])
})

test('zero is said too, because silence means that nobody sweeps', async () => {
  const world = createWorld()
  await sweeperHandler(async () => {}, { backend: world.backend })({}, contextWith(60_000))
  expect(world.metrics).toEqual([['StalledInstances', 0]])
})

test('a sweep that fails is counted after, and thrown on', async () => {
  const world = createWorld()
  const handler = sweeperHandler(async () => Promise.reject(new Error('out of reach')), {
    backend: world.backend,
  })
  await expect(handler({}, contextWith(60_000))).rejects.toThrow('out of reach')
  expect(world.metrics).toEqual([['StalledInstances', 0]])
})
