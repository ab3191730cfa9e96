// Purges by force on a backend whose hosts are gone, late, or die in the middle of it.

import { expect, test } from 'vitest'
import { factIdOf } from '../../src/engine/events.ts'
import type { WorkflowContext } from '../../src/index.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import { doorbell } from '../../src/runtime/messages.ts'
import { outcomeRow } from '../conformance/samples.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { striking } from '../support/striking-ports.ts'
import { deliver, Stage } from './stage.ts'

const child = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')

async function parent(ctx: WorkflowContext): Promise<unknown> {
  return ctx.callChildWorkflow('child', undefined, { instanceId: 'child' }).catch(() => 'heard of it')
}

async function timed(ctx: WorkflowContext): Promise<void> {
  await ctx.createTimer('1h')
}

const app = { workflows: { parent, child, timed } }

test('no host is needed, whoever ran it before; a new one finds nothing to do (Dapr: purge/force/noclient, purge/force/newreplica, purge/force/remote)', async () => {
  const stage = new Stage()
  const first = stage.host(app)
  await stage.start(first, 'timed')
  await deliver(first, stage.doorbell('start'))
  first.close()
  const outside = createManagement(stage.ports)
  await outside.purge('timed', { force: true })
  expect(await outside.get('timed')).toBeUndefined()
  const second = stage.host(app)
  await stage.rest(2 * 3_600_000)
  for (const message of [...stage.messages('doorbell'), stage.timer(1)]) {
    expect(await deliver(second, message)).toEqual([true])
  }
  expect(await outside.get('timed')).toBeUndefined()
})

test('nothing is left of it: no row in its inbox, and its timer and its messages come to nothing (Dapr: purge/force/reminders)', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  stage.deliverTo(host)
  await stage.start(host, 'timed')
  await stage.rest(1_000)
  const row = await stage.row('timed')
  await host.management.purge('timed', { force: true })
  await stage.rest()
  expect((await stage.store.read(row)).inbox).toEqual([])
  expect((await stage.row('timed')).purgedAt).toBeDefined()
  expect(stage.backend.queue.isIdle).toBe(true)
})

test('an outcome that comes after it is not kept', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'timed')
  await deliver(host, stage.doorbell('start'))
  const row = await stage.row('timed')
  await host.management.purge('timed', { force: true })
  await stage.store.putOutcomes(row, [outcomeRow(1, '"late"')])
  expect((await stage.store.read(row)).inbox).toHaveLength(1)
  const another = stage.host(app)
  expect(await deliver(another, doorbell(row, 'late', ['t:1.1']))).toEqual([true])
  expect((await stage.store.read(row)).inbox).toEqual([])
})

test('a stalled instance is purged (Dapr: patching/stalled/purge, versioning/stalled/purge)', async () => {
  const stage = new Stage()
  const old = stage.host(app)
  await stage.start(old, 'timed')
  await deliver(old, stage.doorbell('start'))
  const other = stage.host({ workflows: { timed: child } })
  await stage.raise(other, 'timed', 'go')
  await deliver(other, stage.doorbell())
  expect(await stage.view(other, 'timed')).toMatchObject({ status: 'STALLED' })
  await expect(other.management.purge('timed')).rejects.toMatchObject({ code: 'ERR_PURGE_WORKFLOW' })
  await other.management.purge('timed', { force: true })
  expect(await other.management.get('timed')).toBeUndefined()
})

test('a host that takes the purge for a termination, and begins to undo, does not keep it, and no fact is there twice', async () => {
  const stage = new Stage()
  async function booked(ctx: WorkflowContext): Promise<void> {
    await ctx.callActivity('book', undefined, { rollback: 'cancel' })
    await ctx.createTimer('1h')
  }
  const host = stage.host({ workflows: { booked }, activities: { book: () => 1, cancel: () => 2 } })
  await stage.start(host, 'booked')
  await deliver(host, stage.doorbell('start'))
  await deliver(host, stage.activity(1))
  const line: string[] = []
  const outside = createManagement(
    withPorts(stage.ports, {
      async appendEpisode(key, episode) {
        // The doorbell of the purge is faster than the purge.
        if (line.length === 0) await deliver(host, stage.doorbell())
        const result = await stage.ports.store.appendEpisode(key, episode)
        const { events } = (await stage.store.readHistory(key)).at(-1) ?? { events: [] }
        line.push(result.kind, ...events.map(factIdOf))
        return result
      },
    }),
  )
  await outside.purge('booked', { force: true })
  expect(line).toMatchObject([
    'lost',
    expect.stringMatching('^c:'),
    'committed',
    expect.stringMatching('^c:'),
  ])
  expect(line[1]).not.toBe(line[3])
  expect(await outside.get('booked')).toBeUndefined()
})

test('a host that was about to commit loses against the end, and its messages are acknowledged', async () => {
  const stage = new Stage()
  const outside = createManagement(stage.ports)
  let isPurged = false
  const host = stage.host(app, {
    ports: (inner) =>
      withPorts(inner, {
        async appendEpisode(key, episode) {
          if (!isPurged) {
            isPurged = true
            await outside.purge('timed', { force: true })
          }
          return inner.store.appendEpisode(key, episode)
        },
      }),
  })
  await stage.start(host, 'timed')
  expect(await deliver(host, stage.doorbell('start'))).toEqual([true])
  expect(stage.messages('timer')).toEqual([])
  expect(await outside.get('timed')).toBeUndefined()
})

test('wherever the one who purges dies, the parent hears of it once the messages are delivered, and a second purge does the rest', async () => {
  let dies = 1
  while (await diesAt(dies)) dies++
  expect(dies).toBeGreaterThan(8)
})

/** @returns whether there was such a call */
async function diesAt(dies: number): Promise<boolean> {
  const stage = new Stage()
  const host = stage.host(app)
  stage.deliverTo(host)
  await stage.start(host, 'parent')
  await stage.rest()
  let calls = 0
  const strike = async <T>(call: () => Promise<T>): Promise<T> => {
    if (++calls === dies) throw new Error('simulated: it died')
    return call()
  }
  await createManagement(striking(stage.ports, strike))
    .purge('child', { force: true })
    .catch(() => {})
  await stage.rest()
  const before = await stage.row('child')
  if (before.purgedAt === undefined) await host.management.purge('child', { force: true })
  await stage.rest()
  expect(await stage.ended('parent'), `died at call ${dies}`).toMatchObject({ output: '"heard of it"' })
  return calls >= dies
}
