// Children of one turn: their rows are made several at once, and what fails on the way is done again by whoever comes next.

import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

const leaf = async (_ctx: WorkflowContext, x: number) => x

async function family(ctx: WorkflowContext, count: number): Promise<number> {
  const calls = Array.from({ length: count }, (_, at) => ctx.callChildWorkflow<number>('leaf', at))
  return (await ctx.whenAll(calls)).reduce((sum, x) => sum + x, 0)
}

const app = { workflows: { family, leaf } }

/** Ports that take a moment to create an instance. @param refuse fails the creation of some */
function slowly(stage: Stage, refuse: (count: number) => boolean = () => false) {
  const seen = { most: 0, now: 0, made: 0 }
  const ports = (inner: Ports): Ports =>
    withPorts(inner, {
      async createInstance(row, replaces) {
        if (!row.parent) return inner.store.createInstance(row, replaces)
        const at = ++seen.made
        seen.most = Math.max(seen.most, ++seen.now)
        await stage.clock.sleep(10)
        seen.now--
        if (refuse(at)) throw new Error(`simulated: child ${at} was refused`)
        return inner.store.createInstance(row, replaces)
      },
    })
  return { seen, ports }
}

test('300 children are made side by side, twenty at once', async () => {
  const stage = new Stage()
  const { seen, ports } = slowly(stage)
  const host = stage.host(app, { ports })
  stage.deliverTo(host)
  const begun = stage.clock.now()
  await stage.start(host, 'family', 300)
  expect((await stage.ended('family')).output).toBe(String((299 * 300) / 2))
  expect(seen).toEqual({ most: 20, now: 0, made: 300 })
  expect(stage.clock.now() - begun).toBe(150)
})

test('one that cannot be made fails the turn when the others under way are done, and nothing more is begun', async () => {
  const stage = new Stage()
  const { seen, ports } = slowly(stage, (at) => at === 1 || at === 5)
  const host = stage.host(app, { ports })
  await stage.start(host, 'family', 100)
  const start = stage.doorbell('start')
  const handled = deliver(host, start)
  await stage.rest()
  expect(await handled).toEqual([false])
  expect(seen).toEqual({ most: 20, now: 0, made: 20 })
  expect(stage.logger.lines).toMatchObject([{ level: 'warn', fields: { error: { message: /child 1 / } } }])
  // Its message comes again and makes all of them.
  const again = deliver(host, start, 2)
  await stage.rest()
  expect(await again).toEqual([true])
  const ids = new Set(stage.messages('doorbell').map(({ instanceId }) => instanceId))
  expect(ids.size).toBe(101)
})

test('of two children with one id the first gets it, however slow it is', async () => {
  async function rivals(ctx: WorkflowContext): Promise<unknown> {
    const calls = [1, 2].map((x) => ctx.callChildWorkflow<number>('leaf', x, { instanceId: 'only-one' }))
    const results = await Promise.allSettled(calls)
    return results.map(({ status }) => status)
  }
  const stage = new Stage()
  const host = stage.host({ workflows: { rivals, leaf } }, slowly(stage))
  stage.deliverTo(host)
  await stage.start(host, 'rivals')
  expect((await stage.ended('rivals')).output).toBe('["fulfilled","rejected"]')
  expect((await stage.row('only-one')).output).toBe('1')
})

test('events of a turn find the children of that turn, and keep their order', async () => {
  const listen = async (ctx: WorkflowContext) => [
    await ctx.waitForExternalEvent('a'),
    await ctx.waitForExternalEvent('a'),
  ]
  async function parent(ctx: WorkflowContext): Promise<unknown> {
    const child = ctx.callChildWorkflow('listen', undefined, { instanceId: 'listener' })
    ctx.sendEvent('listener', 'a', 1)
    ctx.sendEvent('listener', 'a', 2)
    return child
  }
  const stage = new Stage()
  const host = stage.host({ workflows: { parent, listen } }, slowly(stage))
  stage.deliverTo(host)
  await stage.start(host, 'parent')
  expect((await stage.ended('parent')).output).toBe('[1,2]')
})

test('a child whose host is down when its parent is terminated ends when there is a host again (Dapr: terminate/zombiechilddown)', async () => {
  const child = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('never')
  const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(child)
  const stage = new Stage()
  const host = stage.host({ workflows: { parent, child } })
  await stage.start(host, 'parent')
  await deliver(host, stage.doorbell('start'))
  await deliver(host, stage.doorbell('start'))
  await host.management.terminate('parent')
  const end = stage.doorbell()
  expect(await deliver(host, end)).toEqual([true])
  expect(await stage.row('parent')).toMatchObject({ status: 'TERMINATED' })
  // Nobody takes the child's message up for a day.
  const ring = stage.doorbell()
  expect(ring.instanceId).toBe('parent:0001')
  await stage.clock.runUntil(() => false, 24 * 3_600_000)
  expect((await stage.view(host, 'parent:0001')).status).toBe('RUNNING')
  expect(await deliver(stage.host({ workflows: { parent, child } }), ring)).toEqual([true])
  expect(await stage.row('parent:0001')).toMatchObject({ status: 'TERMINATED' })
})

/** A family whose child has ended, as its parent knows, and does not show it: its host was lost in between. */
async function endedUnseen(stage: Stage) {
  const host = stage.host(app)
  await stage.start(host, 'family', 1)
  await deliver(host, stage.doorbell('start'))
  const begin = stage.doorbell('start')
  const dying = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        projectStatus: async () => {
          throw new Error('simulated: the host is gone')
        },
      }),
  })
  expect(await deliver(dying, begin)).toEqual([false])
  expect(await deliver(host, stage.doorbell('t:1.1'))).toEqual([true])
  expect((await stage.row('family')).status).toBe('COMPLETED')
  expect((await stage.row(begin.instanceId)).status).toBe('PENDING')
  return { host, begin }
}

test('a child that has ended, and whose row does not show it yet, is purged with its parent', async () => {
  const stage = new Stage()
  const { host, begin } = await endedUnseen(stage)
  await host.management.purge('family')
  expect(await host.management.get(begin.instanceId)).toBeUndefined()
  // What guarded it comes again, and finds it gone.
  expect(await deliver(host, begin, 2)).toEqual([true])
  expect(await host.management.get(begin.instanceId)).toBeUndefined()
})

test('a child of the life before that has ended, and whose row does not show it yet, gives its id up', async () => {
  const stage = new Stage()
  const { host, begin } = await endedUnseen(stage)
  await host.management.purge('family', { recursive: false })
  await stage.start(host, 'family', 1)
  await deliver(host, stage.doorbell('start'))
  const again = stage.doorbell('start')
  expect(again).toMatchObject({ instanceId: begin.instanceId })
  expect(again.incarnation).not.toBe(begin.incarnation)
  expect(await deliver(host, again)).toEqual([true])
  // What guarded the former child comes again, and finds it gone.
  expect(await deliver(host, begin, 2)).toEqual([true])
  expect(await deliver(host, stage.doorbell('t:1.1'))).toEqual([true])
  expect(await stage.row('family')).toMatchObject({ status: 'COMPLETED', output: '0' })
})

test('a child of the life before that is still live keeps its id', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'family', 1)
  await deliver(host, stage.doorbell('start'))
  const { instanceId, incarnation } = stage.doorbell('start')
  await host.management.terminate('family', undefined, { recursive: false })
  await deliver(host, stage.doorbell())
  await host.management.purge('family', { recursive: false })
  await stage.start(host, 'family', 1)
  await deliver(host, stage.doorbell('start'))
  await deliver(host, stage.doorbell('t:1.1'))
  expect((await stage.row('family')).failure?.message).toContain('already exists')
  expect(await stage.row(instanceId)).toMatchObject({ incarnation, status: 'PENDING' })
})

/** Calls a child under an id that a stranger has, and tells how that went. */
async function hopeful(ctx: WorkflowContext): Promise<string> {
  const outcome = await ctx.callChildWorkflow('leaf', 1, { instanceId: 'taken' }).catch(String)
  await ctx.waitForExternalEvent('go')
  return String(outcome)
}

const stranger = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('leave')
const crowded = { workflows: { hopeful, stranger, leaf } }

/** A call whose id is taken, by a host that is lost once the refusal is in the inbox of the parent; then the id becomes free. */
async function refused() {
  const stage = new Stage()
  const host = stage.host(crowded)
  await stage.start(host, 'stranger', undefined, { instanceId: 'taken' })
  await deliver(host, stage.doorbell('start'))
  await stage.start(host, 'hopeful')
  const start = stage.doorbell('start')
  const dying = stage.host(crowded, {
    ports: (ports) => ({
      ...ports,
      queue: {
        send: async () => {
          throw new Error('simulated: the host is gone')
        },
      },
    }),
  })
  expect(await deliver(dying, start)).toEqual([false])
  expect(await stage.inbox('hopeful')).toEqual(['t:1.1'])
  await stage.raise(host, 'taken', 'leave')
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  expect(await stage.row('taken')).toMatchObject({ status: 'COMPLETED' })
  return { stage, host, start }
}

test('a child that was refused does not start when its call is dispatched again and its id has become free', async () => {
  const { stage, host, start } = await refused()
  expect(await deliver(host, start, 2)).toEqual([true])
  expect(await stage.row('taken')).toMatchObject({ name: 'stranger', status: 'COMPLETED' })
  // The parent hears of the refusal, although its host was lost before it could ring.
  expect(await deliver(host, stage.doorbell('t:1.1'))).toEqual([true])
  await stage.raise(host, 'hopeful', 'go')
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  expect((await stage.row('hopeful')).output).toContain('already exists')
})

test('nor when its parent has gone on meanwhile, unseen by who dispatches', async () => {
  const { stage, host, start } = await refused()
  let isFirst = true
  // Another host takes the refusal up between the read of this one and its dispatch.
  const late = stage.host(crowded, {
    ports: (ports) =>
      withPorts(ports, {
        async read(key, after) {
          const record = await ports.store.read(key, after)
          if (!isFirst) return record
          isFirst = false
          await stage.raise(host, 'hopeful', 'go')
          expect(await deliver(host, stage.doorbell())).toEqual([true])
          return record
        },
      }),
  })
  expect(await deliver(late, start, 2)).toEqual([true])
  expect((await stage.row('hopeful')).output).toContain('already exists')
  expect(await stage.row('taken')).toMatchObject({ name: 'stranger', status: 'COMPLETED' })
})

test('a first dispatch of children reads nothing', async () => {
  const stage = new Stage()
  const reads: string[] = []
  const counting = (ports: Ports): Ports =>
    withPorts(ports, {
      async read(key, after) {
        reads.push(key.instanceId)
        return ports.store.read(key, after)
      },
    })
  const host = stage.host(app, { ports: counting })
  await stage.start(host, 'family', 3)
  expect(await deliver(host, stage.doorbell('start'))).toEqual([true])
  expect(reads).toEqual(['family'])
})

test('an instance that is in the way and was never rung for, because its host was lost, is rung for', async () => {
  const stage = new Stage()
  const host = stage.host(crowded)
  const lost = stage.host(crowded, {
    ports: (ports) =>
      withPorts(ports, {
        async send() {
          throw new Error('simulated')
        },
      }),
  })
  await expect(stage.start(lost, 'stranger', undefined, { instanceId: 'taken' })).rejects.toThrow('simulated')
  await stage.start(host, 'hopeful')
  expect(await deliver(host, stage.doorbell('start'))).toEqual([true])
  expect(await stage.inbox('hopeful')).toEqual(['t:1.1'])
  const { incarnation } = await stage.row('taken')
  expect(stage.sent).toContainEqual(expect.objectContaining({ incarnation, factIds: ['start'] }))
})

const again: Readonly<Record<string, (stage: Stage, host: Runtime) => Promise<unknown>>> = {
  start: async (stage, host) => stage.start(host, 'leaving', 2),
  restart: async (_stage, host) => host.management.restart({ instanceId: 'leaving' }),
}

test.each(Object.keys(again))('so is a child that is in the way of a %s', async (what) => {
  const stage = new Stage()
  const leaving = async (ctx: WorkflowContext) => {
    void ctx.callChildWorkflow('leaf', undefined, { instanceId: 'left' })
  }
  const host = stage.host({ workflows: { leaving, leaf } })
  await stage.start(host, 'leaving')
  await deliver(host, stage.doorbell('start'))
  expect(await stage.row('left')).toMatchObject({ status: 'PENDING', episode: 0 })
  stage.sent.length = 0
  await expect(again[what]?.(stage, host)).rejects.toThrow("not its descendant 'left'")
  expect(stage.sent).toMatchObject([{ instanceId: 'left', factIds: ['start'] }])
  expect(await deliver(host, stage.doorbell('start'))).toEqual([true])
  await again[what]?.(stage, host)
  expect(await stage.row('leaving')).toMatchObject({ status: 'PENDING' })
})
