// Lists, counts, acts on many, and what a start does when its id is taken.

import { expect } from 'vitest'
import type { WorkflowContext } from '../../../src/index.ts'
import type { ListRequest, ManyRequest } from '../../../src/runtime/management.ts'
import { type Bench, type Cases, gate } from '../bench.ts'

const echo = async (_ctx: WorkflowContext, input?: unknown) => input ?? 'nothing'

async function waiting(ctx: WorkflowContext): Promise<unknown> {
  ctx.setCustomStatus('here')
  return ctx.waitForExternalEvent('go')
}

const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

async function listed(bench: Bench, request: ListRequest = {}): Promise<readonly string[]> {
  const ids: string[] = []
  let pageToken: string | undefined
  do {
    const page = await bench.host.pass(bench.management.list({ ...request, ...(pageToken && { pageToken }) }))
    ids.push(...page.instances.map(({ instanceId }) => instanceId))
    pageToken = page.nextPageToken
  } while (pageToken)
  return ids.toSorted()
}

/** Does it to the last of them. How many it reports is the runtime's own test: here a call may have to be made again. */
async function doTo(bench: Bench, request: ManyRequest): Promise<void> {
  let pageToken: string | undefined
  do {
    const more = pageToken === undefined ? {} : { pageToken }
    const report = await bench.host.pass(bench.management.actOnMany({ ...request, ...more }))
    pageToken = report.nextPageToken
  } while (pageToken !== undefined)
}

export const listCases: Cases = {
  async 'instances are listed by what they show (MJ: query/status)'(open) {
    const bench = await open({ workflows: { echo, waiting } })
    const before = bench.host.now()
    await bench.start('echo', 1, { instanceId: 'e-1', tags: { team: 'a' } })
    await bench.start('waiting', 2, { instanceId: 'w_1', tags: { team: 'a', customer: '7' } })
    await bench.start('waiting', 3, { instanceId: 'w-2' })
    await bench.ended('e-1')
    await running(bench, 'w_1')
    await running(bench, 'w-2')
    expect(await listed(bench, { pageSize: 1 })).toEqual(['e-1', 'w-2', 'w_1'])
    expect(await listed(bench, { statuses: ['COMPLETED'] })).toEqual(['e-1'])
    expect(await listed(bench, { statuses: ['RUNNING', 'FAILED'] })).toEqual(['w-2', 'w_1'])
    expect(await listed(bench, { workflowNames: ['waiting'] })).toEqual(['w-2', 'w_1'])
    expect(await listed(bench, { instanceIdPrefix: 'w_' })).toEqual(['w_1'])
    expect(await listed(bench, { tags: { team: 'a' } })).toEqual(['e-1', 'w_1'])
    expect(await listed(bench, { tags: { team: 'a' }, workflowNames: ['waiting'] })).toEqual(['w_1'])
    expect(await listed(bench, { createdFrom: before })).toHaveLength(3)
    expect(await listed(bench, { createdTo: before - 1 })).toEqual([])
    expect(await listed(bench, { lastUpdatedTo: before - 1 })).toEqual([])
    expect(await bench.host.pass(bench.management.count({ tags: { team: 'a' } }))).toEqual({ count: 2 })
  },

  async 'what has ended tells when, the same ever after, and is found by that time (MJ: query/completed range)'(
    open,
  ) {
    const bench = await open({ workflows: { echo, waiting } })
    await bench.start('waiting', 1, { instanceId: 'late' })
    await bench.start('waiting', 2, { instanceId: 'live' })
    await bench.start('echo', 3, { instanceId: 'early' })
    const { endedAt: early } = await bench.ended('early')
    await bench.host.pass(bench.management.terminate('early'))
    const between = bench.host.now() + bench.shortMs
    await bench.start('echo', 4, { instanceId: 'pause', startAt: between + bench.shortMs })
    await bench.ended('pause')
    await bench.raise('late', 'go')
    const { endedAt: late } = await bench.ended('late')
    await bench.idle()
    expect((await bench.view('live')).endedAt).toBeUndefined()
    expect((await bench.view('early')).endedAt).toEqual(early)
    expect(early?.getTime()).toBeLessThan(between)
    expect(late?.getTime()).toBeGreaterThan(between)
    const statuses = ['COMPLETED', 'FAILED', 'TERMINATED'] as const
    expect(await listed(bench, { statuses, lastUpdatedTo: between })).toEqual(['early'])
    expect(await listed(bench, { statuses, lastUpdatedFrom: between })).toEqual(['late', 'pause'])
    const { instances } = await bench.host.pass(bench.management.list({ instanceIdPrefix: 'early' }))
    expect(instances.map(({ endedAt }) => endedAt)).toEqual([early])
  },

  async 'a list has no payloads unless they are asked for'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting', 'secret', { tags: { team: 'a' } })
    const view = await bench.until('waiting', ({ customStatus }) => customStatus === 'here')
    const { input: _input, customStatus: _status, lastUpdatedAt: _at, ...light } = view
    const list = async (withPayloads: boolean) =>
      (await bench.host.pass(bench.management.list({ withPayloads }))).instances
    const [shown] = await list(false)
    expect(shown).toMatchObject(light)
    expect(shown).not.toHaveProperty('input')
    expect(shown).not.toHaveProperty('customStatus')
    expect(await list(true)).toEqual([view])
  },

  async 'parent and children know each other'(open) {
    async function parent(ctx: WorkflowContext): Promise<void> {
      await ctx.callChildWorkflow(middle)
      await ctx.callChildWorkflow(echo, 1)
    }
    const middle = async (ctx: WorkflowContext) => ctx.callChildWorkflow(echo, 2)
    const bench = await open({ workflows: { parent, middle, echo } })
    await bench.run('parent')
    const children = await listed(bench, { parentInstanceId: 'parent' })
    expect(children).toHaveLength(2)
    for (const id of children) expect(await bench.view(id)).toMatchObject({ parentInstanceId: 'parent' })
    const [child = ''] = children
    expect(await listed(bench, { parentInstanceId: child, workflowNames: ['echo'] })).toHaveLength(1)
    expect(await bench.view('parent')).not.toHaveProperty('parentInstanceId')
  },

  async 'what is no filter is refused'(open) {
    const bench = await open({ workflows: { echo } })
    for (const request of [
      { statuses: [] },
      { workflowNames: [] },
      { createdFrom: Number.NaN },
      { lastUpdatedTo: Infinity },
      { instanceIdPrefix: '\uD800' },
      { tags: { 'a b': 'x' } },
      { tags: { a: 'x\n' } },
      { pageSize: 0 },
      { pageSize: 1_001 },
      { pageSize: 1.5 },
      { pageToken: 'rubbish' },
    ] satisfies ListRequest[]) {
      expect([request, await bench.codeOf(bench.management.list(request))]).toEqual([
        request,
        'INVALID_ARGUMENT',
      ])
    }
    const tags = { 'a:b': 'x' }
    expect(await bench.codeOf(bench.management.start({ workflowName: 'echo', tags }))).toBe(
      'INVALID_ARGUMENT',
    )
  },
}

export const manyCases: Cases = {
  async 'all that a filter means are suspended, resumed, terminated and purged; others are not'(open) {
    const bench = await open({ workflows: { waiting, echo } })
    const tags = { batch: '1' }
    for (let at = 0; at < 5; at++) await bench.start('waiting', at, { instanceId: `w-${at}`, tags })
    await bench.start('waiting', 0, { instanceId: 'other' })
    await bench.start('echo', 0, { instanceId: 'ended', tags })
    await bench.ended('ended')
    for (const id of ['w-0', 'w-1', 'w-2', 'w-3', 'w-4', 'other']) await running(bench, id)
    const filter = { tags }
    await doTo(bench, { act: { kind: 'suspend', reason: 'audit' }, filter })
    for (let at = 0; at < 5; at++) await bench.until(`w-${at}`, ({ status }) => status === 'SUSPENDED')
    await doTo(bench, { act: { kind: 'resume' }, filter })
    for (let at = 0; at < 5; at++) await running(bench, `w-${at}`)
    await doTo(bench, { act: { kind: 'terminate', output: '"late"' }, filter })
    for (let at = 0; at < 5; at++) {
      expect(await bench.ended(`w-${at}`)).toMatchObject({ status: 'TERMINATED', output: 'late' })
    }
    await doTo(bench, { act: { kind: 'purge' }, filter: { ...filter, statuses: ['TERMINATED'] } })
    expect(await listed(bench)).toEqual(['ended', 'other'])
    expect(await bench.view('other')).toMatchObject({ status: 'RUNNING' })
    await doTo(bench, { act: { kind: 'purge' }, filter: {}, all: true })
    expect(await listed(bench)).toEqual(['other'])
  },

  async 'an act that can have no effect on what is meant does nothing'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    await doTo(bench, { act: { kind: 'purge' }, filter: { statuses: ['RUNNING'] } })
    await doTo(bench, { act: { kind: 'resume' }, filter: { workflowNames: ['waiting'] } })
    expect(await bench.view('waiting')).toMatchObject({ status: 'RUNNING' })
  },

  async 'an empty filter is refused, unless all are meant'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    const act = { kind: 'terminate' } as const
    for (const filter of [{}, { instanceIdPrefix: '' }, { tags: {} }]) {
      expect(await bench.codeOf(bench.management.actOnMany({ act, filter }))).toBe('INVALID_ARGUMENT')
    }
    expect(await bench.view('waiting')).toMatchObject({ status: 'RUNNING' })
    await doTo(bench, { act, filter: {}, all: true })
    expect(await bench.ended('waiting')).toMatchObject({ status: 'TERMINATED' })
  },
}

export const reuseCases: Cases = {
  async 'ifNotExists leaves what has the id, whatever it is and was started with (MJ: id reuse/left alone)'(
    open,
  ) {
    const bench = await open({ workflows: { echo, waiting } })
    const policy = { instanceId: 'one', idReusePolicy: 'ifNotExists' } as const
    expect(await bench.start('waiting', 1, policy)).toBe('one')
    await running(bench, 'one')
    expect(await bench.start('echo', 2, policy)).toBe('one')
    await bench.raise('one', 'go', 'first')
    expect(await bench.ended('one')).toMatchObject({ output: 'first' })
    expect(await bench.start('echo', 2, policy)).toBe('one')
    await bench.idle()
    expect(await bench.ended('one')).toMatchObject({ output: 'first', workflowName: 'waiting' })
    await bench.host.pass(bench.management.purge('one'))
    await bench.start('echo', 'second', policy)
    expect(await bench.ended('one')).toMatchObject({ output: 'second' })
  },

  async 'failIfExists refuses an id that is taken, be it live or ended; the same start with its key is no other (DG: SingleActivity_EnforceUniqueInstanceID; MJ: id reuse/refused)'(
    open,
  ) {
    const bench = await open({ workflows: { waiting } })
    const once = { workflowName: 'waiting', instanceId: 'one', idReusePolicy: 'failIfExists' } as const
    const keyed = { ...once, idempotencyKey: 'k1' }
    const refused = async () => bench.codeOf(bench.management.start({ ...once, idempotencyKey: 'k2' }))
    await bench.start('waiting', undefined, keyed)
    await running(bench, 'one')
    expect(await refused()).toBe('ERR_START_WORKFLOW')
    expect(await bench.start('waiting', undefined, keyed)).toBe('one')
    await bench.raise('one', 'go', 1)
    await bench.ended('one')
    expect(await refused()).toBe('ERR_START_WORKFLOW')
    expect(await bench.start('waiting', undefined, keyed)).toBe('one')
    await bench.host.pass(bench.management.purge('one'))
    expect(await refused()).toBeUndefined()
  },

  async 'an ended instance keeps its id while a child of it, or a child of that, is live (Dapr: reuseid/childrunning, reuseid/grandchild)'(
    open,
  ) {
    const held = gate<string>()
    const hold = async () => held.passed
    const slow = async (ctx: WorkflowContext) => ctx.callActivity(hold)
    async function middle(ctx: WorkflowContext): Promise<string> {
      void ctx.callChildWorkflow(slow, undefined, { instanceId: 'slow' })
      await ctx.createTimer(0)
      return 'left it alone'
    }
    const top = async (ctx: WorkflowContext) => ctx.callChildWorkflow(middle)
    const bench = await open({ workflows: { top, middle, slow }, activities: { hold } })
    await bench.start('top', 1, { instanceId: 'top' })
    expect(await bench.ended('top')).toMatchObject({ output: 'left it alone' })
    await running(bench, 'slow')
    const again = async () =>
      bench.codeOf(bench.management.start({ workflowName: 'top', instanceId: 'top', input: '2' }))
    expect(await again()).toBe('ERR_START_WORKFLOW')
    held.open('done')
    await bench.ended('slow')
    expect(await again()).toBeUndefined()
  },

  async 'the key of a start whose instance was purged starts nothing, and says so; another key starts anew'(
    open,
  ) {
    const bench = await open({ workflows: { echo } })
    const start = async (idempotencyKey: string) =>
      bench.codeOf(bench.management.start({ workflowName: 'echo', instanceId: 'one', idempotencyKey }))
    await start('k1')
    await bench.ended('one')
    expect(await start('k1')).toBeUndefined()
    await bench.host.pass(bench.management.purge('one'))
    expect(await start('k1')).toBe('ERR_START_WORKFLOW')
    expect(await bench.host.pass(bench.management.get('one'))).toBeUndefined()
    expect(await start('k2')).toBeUndefined()
    expect(await bench.ended('one')).toMatchObject({ status: 'COMPLETED' })
  },

  async 'the key of a start whose id was used again since starts nothing, however late it comes, and leaves alone what has the id'(
    open,
  ) {
    const bench = await open({ workflows: { echo } })
    const start = async (idempotencyKey: string) =>
      bench.codeOf(
        bench.management.start({ workflowName: 'echo', instanceId: 'one', input: '1', idempotencyKey }),
      )
    for (const key of ['k1', 'k2', 'k3']) {
      expect(await start(key)).toBeUndefined()
      await bench.ended('one')
    }
    const { createdAt } = (await bench.host.pass(bench.management.get('one'))) ?? {}
    expect(await start('k1')).toBe('ERR_START_WORKFLOW')
    expect(await start('k2')).toBe('ERR_START_WORKFLOW')
    expect(await start('k3')).toBeUndefined()
    expect(await bench.host.pass(bench.management.get('one'))).toMatchObject({
      status: 'COMPLETED',
      createdAt,
    })
  },
}
