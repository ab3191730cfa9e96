// How long what has ended is kept, on a whole backend whose clock is moved by the test.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Retention } from '../../src/runtime/retention.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { type Bench, opener } from './bench.ts'
import type { OpenHost } from './test-host.ts'

const [second, hour, day] = [1_000, 3_600_000, 24 * 3_600_000]
const echo = async (_ctx: WorkflowContext, input?: unknown) => input ?? 'nothing'
const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
async function broken(ctx: WorkflowContext): Promise<never> {
  ctx.setCustomStatus({ about: 'to fail' })
  throw new Error('broken')
}
const workflows = { echo, waiting, broken } satisfies AppDefinition['workflows']

/** @param lateMs by how much what is over may go later than its time */
export function describeRetention(
  name: string,
  openWith: (retention: Retention) => OpenHost,
  lateMs: number,
): void {
  const open = async (retention: Retention) => opener(openWith(retention))({ workflows })

  /** One instance for each way to end. */
  async function endAll(bench: Bench): Promise<void> {
    await bench.run('echo')
    await bench.run('broken')
    await bench.start('waiting')
    await bench.until('waiting', ({ status }) => status === 'RUNNING')
    await bench.host.pass(bench.management.terminate('waiting'))
    await bench.ended('waiting')
    await bench.idle()
  }

  async function left(bench: Bench): Promise<readonly string[]> {
    const { instances } = await bench.host.pass(bench.management.list({}))
    return instances.map(({ instanceId }) => instanceId).toSorted()
  }

  const later = async (bench: Bench, ms: number): Promise<void> => bench.host.later?.(ms)

  describe.each([name])('retention on %s', () => {
    test.each<[string, Retention, readonly string[]]>([
      [
        'for completed ones alone (Dapr: purge/retention/config/completed)',
        { completed: '7d' },
        ['broken', 'waiting'],
      ],
      ['for failed ones alone (Dapr: purge/retention/config/failed)', { failed: '7d' }, ['echo', 'waiting']],
      [
        'for terminated ones alone (Dapr: purge/retention/config/terminated)',
        { terminated: '7d' },
        ['broken', 'echo'],
      ],
      ['for all (Dapr: purge/retention/config/base)', { any: '7d' }, []],
      [
        'its own before that for all (Dapr: purge/retention/match/completed)',
        { any: '7d', completed: '99d' },
        ['echo'],
      ],
      ['of a failed one (Dapr: purge/retention/match/failed)', { any: '7d', failed: '99d' }, ['broken']],
      [
        'of a terminated one (Dapr: purge/retention/match/terminated)',
        { any: '7d', terminated: '99d' },
        ['waiting'],
      ],
    ])('a time %s', async (_title, retention, expected) => {
      const bench = await open(retention)
      await endAll(bench)
      await later(bench, 7 * day - hour)
      expect(await left(bench)).toEqual(['broken', 'echo', 'waiting'])
      await later(bench, 2 * hour)
      expect(await left(bench)).toEqual(expected)
      for (const id of ['echo', 'broken', 'waiting']) {
        const view = await bench.host.pass(bench.management.get(id))
        expect([id, view?.instanceId]).toEqual([id, expected.includes(id) ? id : undefined])
      }
    })

    test('zero lets go at once, of the custom status too, and the id is free (Dapr: purge/retention/config/zero, purge/retention/optionalkeys/customstatus)', async () => {
      const bench = await open({ completed: 0, failed: '0s' })
      await bench.start('echo')
      await bench.start('broken')
      await bench.idle()
      await later(bench, lateMs + second)
      expect(await left(bench)).toEqual([])
      expect(await bench.host.pass(bench.management.get('broken'))).toBeUndefined()
      await bench.start('waiting', undefined, { instanceId: 'broken' })
      expect(await bench.until('broken', ({ status }) => status === 'RUNNING')).not.toHaveProperty(
        'customStatus',
      )
    })

    test('seconds are as good as years (Dapr: purge/retention/config/high)', async () => {
      const bench = await open({ completed: '90s', failed: '3650d' })
      await endAll(bench)
      await later(bench, 90 * second + lateMs)
      expect(await left(bench)).toEqual(['broken', 'waiting'])
      await later(bench, 999 * day)
      expect(await left(bench)).toEqual(['broken', 'waiting'])
    })

    test('what was purged by hand is gone, and its time finds nothing (Dapr: purge/retention/config/manually, purge/retention/config/idempotent, purge/retention/config/notexists)', async () => {
      const bench = await open({ any: '1h' })
      await bench.run('echo')
      await bench.host.pass(bench.management.purge('echo'))
      const again = async () => bench.codeOf(bench.management.purge('echo'))
      expect(await again()).toBe('ERR_INSTANCE_ID_NOT_FOUND')
      await later(bench, 2 * hour)
      expect(await left(bench)).toEqual([])
      await bench.run('broken')
      await later(bench, 2 * hour)
      expect(await bench.codeOf(bench.management.purge('broken'))).toBe('ERR_INSTANCE_ID_NOT_FOUND')
    })

    test.each(['purged', 'replaced', 'restarted', 'rewound'])(
      'the time of an older life never removes a newer one: %s (Dapr: reuseid/retention)',
      async (how) => {
        const bench = await open({ any: '1h' })
        await bench.start('broken', undefined, { instanceId: 'one' })
        await bench.ended('one')
        await bench.idle()
        const { management } = bench
        await later(bench, 30 * 60 * second)
        if (how === 'restarted') await bench.host.pass(management.restart({ instanceId: 'one' }))
        if (how === 'rewound') await bench.host.pass(management.rewind({ instanceId: 'one' }))
        if (how === 'purged') await bench.host.pass(management.purge('one'))
        if (how === 'purged' || how === 'replaced') {
          await bench.start('waiting', undefined, { instanceId: 'one' })
          await later(bench, 2 * hour)
          // Still there, or this would be refused.
          await bench.raise('one', 'go', 'on')
        }
        await bench.ended('one')
        await bench.idle()
        await later(bench, 40 * 60 * second)
        expect(await left(bench)).toEqual(['one'])
        await later(bench, 2 * hour)
        expect(await left(bench)).toEqual([])
      },
    )

    test('what has not ended stays, stalled or not, however long that takes; then its end counts (Dapr: purge/retention/config/retentionstuck, purge/retention/config/retentionstuckstalled, versioning/stalled/retention)', async () => {
      const bench = await open({ any: '1h' })
      for (const instanceId of ['stalled', 'stuck']) {
        await bench.start('waiting', undefined, { instanceId })
        await bench.until(instanceId, ({ status }) => status === 'RUNNING')
      }
      const stall = { errorType: 'Error', message: 'does not fit', mark: 'a mark' }
      await bench.host.pass(bench.host.store.setStalled(await bench.row('stalled'), stall, bench.host.now()))
      await later(bench, 999 * day)
      expect(await left(bench)).toEqual(['stalled', 'stuck'])
      expect(await bench.view('stalled')).toMatchObject({ status: 'STALLED' })
      for (const id of ['stalled', 'stuck']) await bench.host.pass(bench.management.terminate(id))
      expect(await bench.ended('stalled')).toMatchObject({ status: 'TERMINATED' })
      await later(bench, 30 * 60 * second)
      expect(await left(bench)).toEqual(['stalled', 'stuck'])
      await later(bench, 2 * hour)
      expect(await left(bench)).toEqual([])
    })
  })
}
