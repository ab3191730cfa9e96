// Code that does not fit the history: the instance stalls, nothing is lost, and it goes on when code comes that fits.
import { expect, test } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

/** Two versions of one app, and how often the activities of both ran. */
function versions() {
  const ran: string[] = []
  const note = (ctx: ActivityContext): string => {
    ran.push(`${ctx.name} ${ctx.taskId}`)
    return ctx.name
  }
  const [charge, ship, pack] = [
    async (c: ActivityContext) => note(c),
    async (c: ActivityContext) => note(c),
    note,
  ]
  async function first(ctx: WorkflowContext): Promise<unknown> {
    const charged = await ctx.callActivity('charge')
    const approval = await ctx.waitForExternalEvent('approve')
    return [charged, approval, await ctx.callActivity('ship')]
  }
  async function second(ctx: WorkflowContext): Promise<unknown> {
    const packed = await ctx.callActivity('pack', 1)
    return [packed, await ctx.waitForExternalEvent('approve')]
  }
  const activities = { charge, ship, pack }
  const old: AppDefinition = { workflows: { order: first }, activities }
  const changed: AppDefinition = { workflows: { order: second }, activities }
  return { ran, old, changed }
}

/** An instance in its second turn, stalled by a host with other code. */
async function stalledInstance() {
  const stage = new Stage()
  const { ran, old, changed } = versions()
  const host = stage.host(old)
  await stage.start(host, 'order')
  await deliver(host, stage.doorbell('start'))
  await deliver(host, stage.activity(1))
  const wrong = stage.host(changed)
  await stage.raise(wrong, 'order', 'note', 1)
  expect(await deliver(wrong, stage.doorbell())).toEqual([true])
  return { stage, ran, host, wrong, old }
}

test('code that asks for something else stalls the instance, with both sides in the reason (JS: fix/history mismatch)', async () => {
  const { stage, host } = await stalledInstance()
  const view = await stage.view(host, 'order')
  expect(view).toMatchObject({ status: 'STALLED', failure: { code: 'NON_DETERMINISM' } })
  expect(view.failure?.message).toContain("#1 activity 'charge'")
  expect(view.failure?.message).toContain("#1 activity 'pack' with input 1")
  expect(stage.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
})

test('a stalled instance keeps what comes meanwhile, and the code that fits takes it all, once', async () => {
  const { stage, ran, wrong, old } = await stalledInstance()
  await stage.raise(wrong, 'order', 'approve', 'yes')
  expect(await deliver(wrong, stage.doorbell())).toEqual([true])
  expect(await stage.inbox('order')).toHaveLength(2)
  const fitting = stage.host(old)
  stage.deliverTo(fitting)
  expect(await fitting.recoverStalled()).toBe(1)
  const { status, output, stalled } = await stage.ended('order')
  expect([status, output, stalled]).toEqual(['COMPLETED', '["charge","yes","ship"]', undefined])
  await stage.rest()
  expect(ran).toEqual(['charge 1', 'ship 2'])
})

test('the outcome of an activity that ends while the instance is stalled is kept', async () => {
  const stage = new Stage()
  const { ran, old, changed } = versions()
  const host = stage.host(old)
  await stage.start(host, 'order')
  await deliver(host, stage.doorbell('start'))
  const wrong = stage.host(changed)
  expect(await deliver(wrong, stage.activity(1))).toEqual([true])
  expect(await stage.view(host, 'order')).toMatchObject({ status: 'STALLED' })
  expect(await stage.inbox('order')).toEqual(['t:1.1'])
  const fitting = stage.host(old)
  await fitting.recoverStalled()
  expect(await deliver(fitting, stage.message('nudge'))).toEqual([true])
  expect(await stage.view(host, 'order')).toMatchObject({ status: 'RUNNING' })
  expect(await stage.inbox('order')).toEqual([])
  expect(ran).toEqual(['charge 1'])
})

test('any message that a host with fitting code handles makes a stalled instance go on', async () => {
  const { stage, host } = await stalledInstance()
  const fitting = stage.host(versions().old)
  await stage.raise(fitting, 'order', 'approve', 'yes')
  expect(await deliver(fitting, stage.doorbell())).toEqual([true])
  expect(await stage.view(host, 'order')).toMatchObject({ status: 'RUNNING' })
  expect(stage.activity(2)).toMatchObject({ name: 'ship' })
})

test('trying again with code that does not fit either changes nothing', async () => {
  const { stage, wrong, host } = await stalledInstance()
  const before = await stage.history('order')
  for (let times = 0; times < 3; times++) {
    expect(await wrong.recoverStalled()).toBe(1)
    expect(await deliver(wrong, stage.message('nudge'))).toEqual([true])
  }
  expect(await stage.view(host, 'order')).toMatchObject({ status: 'STALLED' })
  expect(await stage.history('order')).toEqual(before)
  expect(await stage.inbox('order')).toHaveLength(1)
})

test('an instance in the middle of a workflow that is not registered stalls, and goes on where it is', async () => {
  const stage = new Stage()
  const { ran, old } = versions()
  const host = stage.host(old)
  await stage.start(host, 'order')
  await deliver(host, stage.doorbell('start'))
  await deliver(host, stage.activity(1))
  const empty = stage.host({ workflows: {} })
  await stage.raise(empty, 'order', 'approve', 'yes')
  expect(await deliver(empty, stage.doorbell())).toEqual([true])
  expect(await stage.view(host, 'order')).toMatchObject({
    status: 'STALLED',
    failure: { code: 'WORKFLOW_NOT_REGISTERED' },
  })
  const fitting = stage.host(old)
  stage.deliverTo(fitting)
  await fitting.recoverStalled()
  expect(await stage.ended('order')).toMatchObject({ status: 'COMPLETED' })
  expect(ran).toEqual(['charge 1', 'ship 2'])
})

test('a new generation whose workflow is not registered stalls, and is opened by code that has it', async () => {
  const stage = new Stage()
  async function rounds(ctx: WorkflowContext, round: number): Promise<number> {
    if (round === 1) {
      await ctx.waitForExternalEvent('next')
      ctx.continueAsNew(2)
    }
    return round
  }
  const host = stage.host({ workflows: { rounds } })
  await stage.start(host, 'rounds', 1)
  await deliver(host, stage.doorbell('start'))
  await stage.raise(host, 'rounds', 'next')
  const next = stage.doorbell()
  const append = stage.store.appendEpisode.bind(stage.store)
  // The host dies before it has opened the new generation.
  stage.store.appendEpisode = async (key, episode) => {
    if (episode.n === 3) throw new Error('simulated: the host is gone')
    return append(key, episode)
  }
  expect(await deliver(host, next)).toEqual([false])
  stage.store.appendEpisode = append
  const empty = stage.host({ workflows: {} })
  expect(await deliver(empty, next, 2)).toEqual([true])
  expect(await stage.view(host, 'rounds')).toMatchObject({ status: 'STALLED' })
  const fitting = stage.host({ workflows: { rounds } })
  await fitting.recoverStalled()
  expect(await deliver(fitting, stage.message('nudge'))).toEqual([true])
  expect(await stage.row('rounds')).toMatchObject({ status: 'COMPLETED', output: '2' })
})

test('a stalled instance can be terminated, and then purged, by a host whose code does not fit', async () => {
  const { stage, wrong } = await stalledInstance()
  await expect(wrong.management.purge('order')).rejects.toMatchObject({ code: 'ERR_PURGE_WORKFLOW' })
  await wrong.management.terminate('order', '"enough"')
  expect(await deliver(wrong, stage.doorbell())).toEqual([true])
  const view = await stage.view(wrong, 'order')
  expect(view).toMatchObject({ status: 'TERMINATED', output: '"enough"' })
  expect(view.failure).toBeUndefined()
  await wrong.management.purge('order')
  expect(await wrong.management.get('order')).toBeUndefined()
})

test('a timer that comes too early to a stalled instance, in one batch with a doorbell, is not lost (Dapr: versioning/stalled/timerinbox)', async () => {
  const stage = new Stage()
  const nap = (seconds: number) => async (ctx: WorkflowContext) => {
    await ctx.createTimer(seconds)
    return 'awake'
  }
  const other = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
  const host = stage.host({ workflows: { nap: nap(60) } })
  await stage.start(host, 'nap')
  await deliver(host, stage.doorbell('start'))
  const wrong = stage.host({ workflows: { nap: other } })
  await stage.raise(wrong, 'nap', 'note')
  const before = stage.sent.length
  expect(await deliver(wrong, [stage.doorbell(), stage.timer(1)])).toEqual([true, true])
  expect(stage.sent.slice(before)).toMatchObject([{ kind: 'timer', seq: 1, token: stage.timer(1).token }])
})

test('every stalled instance is tried again, however many there are and however quickly they go on', async () => {
  const stage = new Stage()
  const waits = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
  const ids = Array.from({ length: 250 }, (_, at) => `w-${at}`)
  const host = stage.host({ workflows: { waits } })
  for (const instanceId of ids) {
    await stage.start(host, 'waits', undefined, { instanceId })
    await deliver(host, stage.doorbell('start'))
    await stage.store.setStalled(
      await stage.row(instanceId),
      // Only a nudge ends this one; what is left in the queue does not.
      { errorType: 'TenutoError', message: 'm', code: 'TURN_CRASHED' },
      stage.clock.now(),
    )
  }
  const fitting = stage.host({ workflows: { waits } })
  stage.deliverTo(fitting)
  // Between two pages of the list the instances of the first have gone on.
  const list = stage.store.list.bind(stage.store)
  stage.store.list = async (filter) => {
    await stage.rest(1)
    return list(filter)
  }
  expect(await fitting.recoverStalled()).toBe(ids.length)
  await stage.rest()
  expect((await list({ statuses: ['STALLED'], limit: 10 })).instances).toEqual([])
})

/** The approval is in a host that froze before its commit landed, and its message is with `wrong`, which stalls the instance. */
async function frozenCommit() {
  const stage = new Stage()
  const { old, changed } = versions()
  const cached = stage.host(old)
  await stage.start(cached, 'order')
  await deliver(cached, stage.doorbell('start'))
  await deliver(cached, stage.activity(1))
  let land = async (): Promise<unknown> => undefined
  const frozen = stage.host(old, {
    ports: (ports) =>
      withPorts(ports, {
        appendEpisode: async (key, episode) => {
          land = async () => ports.store.appendEpisode(key, episode)
          return new Promise(() => {})
        },
      }),
  })
  await stage.raise(cached, 'order', 'approve', 'yes')
  const message = stage.doorbell()
  void deliver(frozen, message)
  await settle()
  return { stage, cached, changed, message, land }
}

test('a commit that lands after the stall is dispatched by whoever goes on, even if its memory knows no stall', async () => {
  const { stage, cached, changed, message, land } = await frozenCommit()
  expect(await deliver(stage.host(changed), message, 2)).toEqual([true])
  expect(await stage.view(cached, 'order')).toMatchObject({ status: 'STALLED' })
  expect(await land()).toEqual({ kind: 'committed' })
  await stage.raise(cached, 'order', 'note')
  expect(await deliver(cached, stage.doorbell())).toEqual([true])
  expect(stage.activity(2)).toMatchObject({ name: 'ship' })
  expect(await stage.view(cached, 'order')).toMatchObject({ status: 'RUNNING' })
  expect((await stage.store.read(await stage.row('order'))).stalled).toBeUndefined()
})

test('a commit that lands while the instance is being stalled is dispatched by the host that stalls it', async () => {
  const { stage, changed, message, land } = await frozenCommit()
  const wrong = stage.host(changed, {
    ports: (ports) =>
      withPorts(ports, {
        setStalled: async (...stall) => {
          await land()
          return ports.store.setStalled(...stall)
        },
      }),
  })
  expect(await deliver(wrong, message, 2)).toEqual([true])
  expect(stage.activity(2)).toMatchObject({ name: 'ship' })
})

test('a commit that lands while a dead letter stalls the instance is dispatched by its reader', async () => {
  const { stage, cached, message, land } = await frozenCommit()
  const setStalled = stage.store.setStalled.bind(stage.store)
  stage.store.setStalled = async (...stall) => {
    await land()
    return setStalled(...stall)
  }
  await cached.handleDead({ message, receiveCount: 9 })
  expect(stage.activity(2)).toMatchObject({ name: 'ship' })
})

test('a host that never heard of the stall ends it, once nothing waits any more', async () => {
  const { stage, host } = await stalledInstance()
  await stage.raise(host, 'order', 'approve', 'yes')
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  expect(await stage.view(host, 'order')).toMatchObject({ status: 'RUNNING' })
})
