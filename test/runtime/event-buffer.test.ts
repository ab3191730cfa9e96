// How many events may wait for one instance, wherever they wait.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import { limits } from '../../src/workflow/limits.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

const taking = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('taken')
const app = { workflows: { taking } }

async function begun() {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'taking')
  await deliver(host, stage.doorbell('start'))
  return { stage, host }
}

test('events that nobody asks for count until they are taken', async () => {
  const { stage, host } = await begun()
  for (let at = 1; at <= 3; at++) {
    await stage.raise(host, 'taking', 'other')
    await deliver(host, stage.doorbell())
    expect((await stage.row('taking')).unreadEvents).toBe(at)
  }
})

test('events that come to a suspended instance count too', async () => {
  const { stage, host } = await begun()
  await host.management.suspend('taking')
  await deliver(host, stage.doorbell())
  for (let at = 1; at <= 3; at++) {
    await stage.raise(host, 'taking', 'taken')
    await deliver(host, stage.doorbell())
    expect((await stage.row('taking')).unreadEvents).toBe(at)
  }
})

test.each([
  ['in the inbox', 0, limits.eventBuffer],
  ['in the history', limits.eventBuffer, 0],
  ['in both', limits.eventBuffer - 1, 1],
])('a further event is refused when as many as may be wait %s', async (_where, unreadEvents, inInbox) => {
  const { stage } = await begun()
  const host = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async getInstance(id) {
          const row = await ports.store.getInstance(id)
          return row && { ...row, unreadEvents }
        },
        countInbox: async () => inInbox,
      }),
  })
  await expect(stage.raise(host, 'taking', 'taken')).rejects.toMatchObject({ code: 'ERR_EVENT_BUFFER_FULL' })
  expect(await stage.inbox('taking')).toEqual([])
})
