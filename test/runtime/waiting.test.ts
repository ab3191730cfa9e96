// Waiting for an instance where the platform gives no signal: by asking again, ever more slowly.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { interceptPorts, withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

const waits = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
const app = { workflows: { waits } }

function withoutWatch(ports: Ports): Ports {
  const copy: { -readonly [K in keyof Ports]: Ports[K] } = { ...ports }
  delete copy.watch
  return copy
}

/** A host without a watch, and the times (ms from the beginning) at which it looks. */
async function asking() {
  const stage = new Stage()
  const looks: number[] = []
  const began = stage.clock.now()
  const host = stage.host(app, {
    ports: (ports) =>
      interceptPorts(withoutWatch(ports), async ({ method }, run) => {
        if (method === 'getInstance') looks.push(stage.clock.now() - began)
        return run()
      }),
  })
  await stage.start(host, 'waits')
  await deliver(host, stage.doorbell('start'))
  looks.length = 0
  return { stage, host, looks }
}

test('it looks at once, then after 100 ms, and never more often than every second in the long run', async () => {
  const { stage, host, looks } = await asking()
  const view = host.management.waitFor('waits', 'completion', 5_000)
  await stage.rest(10_000)
  expect(await view).toMatchObject({ status: 'RUNNING' })
  expect(looks).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500, 4_500, 5_000])
})

test('what happens between two looks is seen at the next', async () => {
  const { stage, host, looks } = await asking()
  const view = host.management.waitFor('waits', 'completion', 60_000)
  await stage.rest(200)
  await stage.raise(host, 'waits', 'go', 1)
  await deliver(host, stage.doorbell())
  await stage.rest()
  expect(await view).toMatchObject({ status: 'COMPLETED', output: '1' })
  expect(looks.at(-1)).toBe(300)
})

test('a wait that is called off looks no more', async () => {
  const { stage, host, looks } = await asking()
  const abort = new AbortController()
  const view = host.management.waitFor('waits', 'completion', 60_000, abort.signal)
  await stage.rest(150)
  abort.abort()
  expect(await view).toMatchObject({ status: 'RUNNING' })
  const before = looks.length
  await stage.rest()
  expect(looks.length).toBe(before)
})

test('with a watch it looks only when something has changed', async () => {
  const stage = new Stage()
  let looks = 0
  const host = stage.host(app, {
    ports: (ports) =>
      interceptPorts(ports, async ({ method }, run) => {
        if (method === 'getInstance') looks++
        return run()
      }),
  })
  await stage.start(host, 'waits')
  await deliver(host, stage.doorbell('start'))
  looks = 0
  const view = host.management.waitFor('waits', 'completion', 3_600_000)
  await stage.rest(600_000)
  expect(looks).toBe(1)
  await stage.raise(host, 'waits', 'go')
  await deliver(host, stage.doorbell())
  expect(await view).toMatchObject({ status: 'COMPLETED' })
})

test('one who asks for changes since what was seen last misses no status, however quickly they follow', async () => {
  async function busy(ctx: WorkflowContext): Promise<void> {
    for (;;) {
      const status = await ctx.waitForExternalEvent<number>('show')
      ctx.setCustomStatus(status)
      if (status === 5) return
    }
  }
  const stage = new Stage()
  const hosts = [stage.host({ workflows: { busy } }), stage.host({ workflows: { busy } })] as const
  const [host] = hosts
  await stage.start(host, 'busy')
  await deliver(host, stage.doorbell('start'))
  const seen: unknown[] = []
  let view = await stage.view(host, 'busy')
  for (let status = 1; status <= 5; status++) {
    const next = host.management.waitFor('busy', { changeSince: view.lastUpdatedAt }, 1_000)
    await stage.raise(host, 'busy', 'show', status)
    await deliver(hosts[status % 2] ?? host, stage.doorbell())
    await stage.rest(0)
    const changed = await Promise.race([next, Promise.resolve(undefined)])
    expect(changed, `status ${status} was missed`).toBeDefined()
    view = await stage.view(host, 'busy')
    seen.push(view.customStatus)
  }
  expect(seen).toEqual(['1', '2', '3', '4', '5'])
})

test('a change that is announced before it shows is announced again when it does', async () => {
  async function busy(ctx: WorkflowContext): Promise<void> {
    await ctx.waitForExternalEvent('show')
    ctx.setCustomStatus('new')
    await ctx.waitForExternalEvent('never')
  }
  const stage = new Stage()
  const host = stage.host({ workflows: { busy } })
  await stage.start(host, 'busy')
  await deliver(host, stage.doorbell('start'))
  await stage.rest(10)
  const shown = Promise.withResolvers<void>()
  const slow = stage.host(
    { workflows: { busy } },
    {
      ports: (ports) =>
        withPorts(ports, {
          async projectStatus(key, projection) {
            await shown.promise
            return ports.store.projectStatus(key, projection)
          },
        }),
    },
  )
  await stage.raise(slow, 'busy', 'show')
  const delivered = deliver(slow, stage.doorbell())
  await stage.rest(0)
  const early = await stage.view(host, 'busy')
  expect(early.customStatus).toBeUndefined()
  const next = host.management.waitFor('busy', { changeSince: early.lastUpdatedAt }, 1_000)
  shown.resolve()
  await delivered
  await stage.rest(0)
  expect(await Promise.race([next, Promise.resolve(undefined)])).toMatchObject({ customStatus: 'new' })
})
