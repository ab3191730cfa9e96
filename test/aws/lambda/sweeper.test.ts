import { expect, test } from 'vitest'
import { sweeperHandler } from '../../../src/aws/index.ts'
import type { Message } from '../../../src/runtime/messages.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import { contextWith, createWorld, type World, type WorldOptions } from './support.ts'

const minute = 60_000

function setUp(options: WorldOptions = {}) {
  const sent: Message[] = []
  const world = createWorld({
    ports: (ports) => withPorts(ports, { send: async (messages) => void sent.push(...messages) }),
    ...options,
  })
  const handler = sweeperHandler({ backend: world.backend, periodMinutes: 15 })
  return { world, handler, sent, call: async (event: unknown = {}) => handler(event, contextWith(60_000)) }
}

async function pass(world: World, ms: number): Promise<void> {
  world.memory.clock.at(ms, () => {})
  await world.memory.clock.runUntil(() => false, ms)
}

async function stall(world: World, instanceId: string): Promise<void> {
  await world.management.start({ workflowName: 'any', instanceId })
  const row = await world.memory.store.getInstance(instanceId)
  if (!row) throw new Error('It did not start.')
  const reason = { errorType: 'TenutoError', message: 'It does not fit.', code: 'NON_DETERMINISM' }
  await world.memory.store.setStalled(row, reason, world.memory.clock.now())
}

test('it rings for what nobody rang for', async () => {
  const { world, sent, call } = setUp()
  await world.management.start({ workflowName: 'any', instanceId: 'one' })
  await call()
  expect(sent).toEqual([])
  await pass(world, 3 * minute)
  await call()
  expect(sent).toMatchObject([{ kind: 'doorbell', instanceId: 'one', factIds: ['start'] }])
})

test('it counts what is stalled, and says so when nothing is: silence means that nobody sweeps', async () => {
  const { world, call } = setUp()
  await call()
  await stall(world, 'one')
  await stall(world, 'two')
  await call()
  expect(world.metrics).toEqual([
    ['StalledInstances', 0],
    ['StalledInstances', 2],
  ])
})

test('asked to, it tries what is stalled again', async () => {
  const { world, sent, call } = setUp()
  await stall(world, 'one')
  await call({ recoverStalled: true })
  expect(sent).toMatchObject([{ kind: 'nudge', instanceId: 'one' }])
})

test('a sweep that runs out of time goes on in the next call', async () => {
  const seen: (string | undefined)[] = []
  const { world, handler } = setUp({
    ports: (ports) =>
      withPorts(ports, {
        list: async ({ statuses = [], pageToken }) => {
          if (statuses.length === 1) return { instances: [] }
          seen.push(pageToken)
          return { instances: [], ...(pageToken !== 'b' && { pageToken: pageToken === 'a' ? 'b' : 'a' }) }
        },
      }),
  })
  for (const _ of ['first', 'second', 'third', 'fourth']) await handler({}, contextWith(0))
  expect(seen).toEqual([undefined, 'a', 'b', undefined])
  expect(world.logger.lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn'])
})

test('a sweep that fails is thrown on, after counting', async () => {
  const { world, handler } = setUp({
    ports: (ports) =>
      withPorts(ports, {
        list: async ({ statuses = [] }) => {
          if (statuses.length > 1) throw new Error('out of reach')
          return { instances: [] }
        },
      }),
  })
  await expect(handler({}, contextWith(60_000))).rejects.toThrow('out of reach')
  expect(world.metrics).toEqual([['StalledInstances', 0]])
})
