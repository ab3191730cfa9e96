// What the outside sees of an instance, whichever hosts its turns are taken by.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

/** Shows what it is told. */
async function shown(ctx: WorkflowContext): Promise<string> {
  for (;;) {
    const status = await ctx.waitForExternalEvent<string>('show')
    if (status === 'end') return 'ended'
    ctx.setCustomStatus(status)
  }
}

const app = { workflows: { shown } }

async function begun() {
  const stage = new Stage()
  const hosts = [stage.host(app), stage.host(app)] as const
  await stage.start(hosts[0], 'shown')
  await deliver(hosts[0], stage.doorbell('start'))
  return { stage, hosts }
}

async function show(stage: Stage, host: Runtime, status: string): Promise<void> {
  await stage.raise(host, 'shown', 'show', status)
  expect(await deliver(host, stage.doorbell())).toEqual([true])
}

test('the custom status is right when two hosts that hold the instance change it in turn', async () => {
  const { stage, hosts } = await begun()
  for (const [at, status] of ['a', 'b', 'a', 'b', 'b', 'a', 'a'].entries()) {
    const host = hosts[at % 2] as Runtime
    await show(stage, host, status)
    expect((await stage.view(host, 'shown')).customStatus).toBe(status)
  }
})

test('the status is right when one host suspends the instance and another, which holds it too, resumes it', async () => {
  const { stage, hosts } = await begun()
  const [one, two] = hosts
  for (let times = 0; times < 3; times++) {
    await one.management.suspend('shown')
    await deliver(one, stage.doorbell())
    expect((await stage.view(one, 'shown')).status).toBe('SUSPENDED')
    await two.management.resume('shown')
    await deliver(two, stage.doorbell())
    expect((await stage.view(one, 'shown')).status).toBe('RUNNING')
  }
})

test('a status that is shown late does not cover a later one', async () => {
  const { stage, hosts } = await begun()
  const [, two] = hosts
  let resume = (): void => {}
  const held = new Promise<void>((resolve) => {
    resume = resolve
  })
  const slow = stage.host(app, {
    ports: (ports: Ports) =>
      withPorts(ports, {
        async projectStatus(key, projection) {
          await held
          return ports.store.projectStatus(key, projection)
        },
      }),
  })
  await stage.raise(two, 'shown', 'show', 'early')
  const late = deliver(slow, stage.doorbell())
  await stage.rest(0)
  // A host that knows nothing of the instance reads a row that does not show the newest episode.
  await show(stage, stage.host(app), 'late')
  resume()
  expect(await late).toEqual([true])
  expect((await stage.view(two, 'shown')).customStatus).toBe('late')
})

test('going back to what the row showed before shows too, although the change between was not shown yet', async () => {
  const { stage, hosts } = await begun()
  const [one] = hosts
  await show(stage, one, 'a')
  const held = Promise.withResolvers<void>()
  const slow = stage.host(app, {
    ports: (ports: Ports) =>
      withPorts(ports, {
        async projectStatus(key, projection) {
          await held.promise
          return ports.store.projectStatus(key, projection)
        },
      }),
  })
  await stage.raise(one, 'shown', 'show', 'b')
  const late = deliver(slow, stage.doorbell())
  await stage.rest(0)
  await show(stage, stage.host(app), 'a')
  held.resolve()
  await late
  expect((await stage.view(one, 'shown')).customStatus).toBe('a')
})

test('a turn that changes nothing visible writes nothing to the row', async () => {
  const { stage, hosts } = await begun()
  const [one, two] = hosts
  await show(stage, one, 'same')
  const project = stage.store.projectStatus.bind(stage.store)
  let writes = 0
  stage.store.projectStatus = async (...args) => {
    writes++
    return project(...args)
  }
  for (const host of [one, two, stage.host(app), stage.host(app, { liveInstances: 0 })])
    await show(stage, host, 'same')
  expect(writes).toBe(0)
})
