// A nudge has come to end a stall. If it cannot, its end stays somebody's affair: nothing else need ever come for that instance.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Nudge } from '../../src/runtime/messages.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
const app = { workflows: { waiting } }

/** An instance whose turns crash, and the nudge that shall recover it. */
async function nudged(eventName: string) {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'waiting')
  await deliver(host, stage.doorbell('start'))
  await stage.raise(host, 'waiting', eventName, 1)
  await host.handleDead({ message: stage.doorbell(), receiveCount: 11 })
  await host.recoverStalled()
  return { stage, host, push: stage.message('nudge') }
}

const others = (stage: Stage, push: Nudge) =>
  stage.messages('nudge').filter(({ token }) => token !== push.token)

/** The further nudge and nothing else is delivered; then the instance must not be stalled any more. */
async function endsByFurther(stage: Stage, host: Runtime, push: Nudge): Promise<void> {
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'STALLED' })
  const further = others(stage, push)
  expect(further).toHaveLength(1)
  expect(await deliver(host, further)).toEqual([true])
  const { stalled } = await stage.row('waiting')
  expect(stalled).toBeUndefined()
  expect(await stage.inbox('waiting')).toEqual([])
}

test('a stall that is marked anew as often as a nudge wants to end it is ended by a further nudge', async () => {
  const { stage, host, push } = await nudged('other')
  let rivals = 0
  const contested = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        setStalled: async (key, stall, at, replaces) => {
          const { stalled } = await stage.row('waiting')
          if (stall || !stalled) return ports.store.setStalled(key, stall, at, replaces)
          await ports.store.setStalled(key, { ...stalled, mark: `rival-${++rivals}` }, at, stalled.mark)
          return ports.store.setStalled(key, stall, at, replaces)
        },
      }),
  })
  expect(await deliver(contested, push)).toEqual([true])
  expect(rivals).toBe(3)
  await endsByFurther(stage, host, push)
})

test('a stall that is not ended because an episode came in between is ended by a further nudge', async () => {
  const { stage, host, push } = await nudged('other')
  let isThere = false
  const beaten = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        read: async (key, after) => {
          const n = (await stage.history('waiting')).length
          if (after === n && n === 2 && !isThere) {
            isThere = true
            // A host that was frozen since before the stall, and dies now.
            const episode = { n: 3, generation: 1, nonce: 'late', by: 'late', at: stage.clock.now() }
            const event = { kind: 'eventRaised', id: 'e:late', name: 'another' } as const
            await ports.store.appendEpisode(key, {
              ...episode,
              events: [event],
              commands: [],
              status: 'RUNNING',
            })
          }
          return ports.store.read(key, after)
        },
      }),
  })
  expect(await deliver(beaten, push)).toEqual([true])
  expect(isThere).toBe(true)
  await endsByFurther(stage, host, push)
})

test('a nudge that comes again after its own commit makes room for what has come since', async () => {
  const { stage, host, push } = await nudged('other')
  const dying = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        deleteInbox: async () => {
          throw new Error('simulated: the host is gone')
        },
      }),
  })
  expect(await deliver(dying, push)).toEqual([false])
  await stage.raise(host, 'waiting', 'go', 'now')
  // Not with a nudge: it leaves its fact where it is.
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  expect(await deliver(host, push)).toEqual([true])
  await endsByFurther(stage, host, push)
  expect(await stage.row('waiting')).toMatchObject({ status: 'COMPLETED', output: '"now"' })
})

test('a nudge that ends a stall sends none', async () => {
  const { stage, host, push } = await nudged('other')
  expect(await deliver(host, push)).toEqual([true])
  expect(others(stage, push)).toEqual([])
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'RUNNING' })
})

test('a nudge whose code does not fit sends none', async () => {
  const { stage, push } = await nudged('other')
  const changed = stage.host({ workflows: { waiting: async (ctx: WorkflowContext) => ctx.createTimer(1) } })
  stage.deliverTo(changed)
  await stage.rest()
  expect(others(stage, push)).toEqual([])
  expect(await stage.view(changed, 'waiting')).toMatchObject({ status: 'STALLED' })
})
