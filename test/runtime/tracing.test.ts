// What a trace may not do: count twice, fail a workflow, or cost those who have none. Which spans there are: test/conformance/cases/tracing.ts
import { expect, test } from 'vitest'
import type { ActivityContext, Span, Tracer, WorkflowContext } from '../../src/index.ts'
import { contextUnder, parseTraceparent, toTraceparent } from '../../src/runtime/trace-context.ts'
import { recordingTracer } from '../support/recording-tracer.ts'
import { Stage } from './stage.ts'

const echo = async (_ctx: ActivityContext, value: unknown) => value

async function steps(ctx: WorkflowContext): Promise<void> {
  for (let at = 0; at < 4; at++) await ctx.callActivity(echo, at)
  await ctx.createTimer(60)
}

const app = { workflows: { steps }, activities: { echo } }

test('a replay makes no span: there are as many when every turn replays the past', async () => {
  const namesOf = async (liveInstances: number): Promise<readonly string[]> => {
    const tracer = recordingTracer()
    const stage = new Stage({ tracer })
    const host = stage.host(app, { liveInstances })
    stage.deliverTo(host)
    await stage.start(host, 'steps')
    await stage.ended('steps')
    await stage.rest()
    return tracer.spans.map(({ name }) => name)
  }
  const names = await namesOf(0)
  expect(names).toEqual(await namesOf(10))
  expect(names.toSorted()).toEqual([
    ...Array.from({ length: 4 }, () => 'activity||echo'),
    'create_orchestration||steps',
    'orchestration||steps',
    'timer',
  ])
})

test('whoever loses the race for an episode makes no span of it', async () => {
  const tracer = recordingTracer()
  const stage = new Stage({ tracer, manners: { duplicateAfterMs: () => 0, visibilityMs: 3_600_000 } })
  const hosts = [stage.host(app), stage.host(app)]
  stage.deliverTo(...hosts)
  const [host] = hosts
  if (host) await stage.start(host, 'steps')
  await stage.ended('steps')
  await stage.rest()
  const count = (name: string) => tracer.spans.filter((span) => span.name === name).length
  expect([count('orchestration||steps'), count('timer')]).toEqual([1, 1])
})

test('a tracer that fails costs its spans, and nothing else', async () => {
  const fail = (): never => {
    throw new Error('The collector is gone.')
  }
  const broken: Tracer = { startSpan: fail, startActiveSpan: fail }
  const span: Span = { spanContext: fail, setStatus: fail, end: fail }
  const brokenSpans: Tracer = {
    startSpan: () => span,
    startActiveSpan: (_name, _options, _context, fn) => fn(span),
  }
  for (const tracer of [broken, brokenSpans]) {
    const stage = new Stage({ tracer })
    const host = stage.host(app)
    stage.deliverTo(host)
    await stage.start(host, 'steps', undefined, { trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })
    expect(await stage.ended('steps')).toMatchObject({ status: 'COMPLETED' })
    expect(stage.logger.lines.some(({ message }) => message.startsWith('The tracer failed'))).toBe(true)
  }
})

test('an activity that a failing tracer has begun already runs once', async () => {
  let runs = 0
  const tracer = recordingTracer()
  const late: Tracer = {
    startSpan: (...args) => tracer.startSpan(...args),
    startActiveSpan(name, options, context, fn) {
      tracer.startActiveSpan(name, options, context, fn)
      throw new Error('The collector is gone.')
    },
  }
  const counted = async (ctx: WorkflowContext) => ctx.callActivity('count')
  const stage = new Stage({ tracer: late })
  const host = stage.host({ workflows: { counted }, activities: { count: async () => ++runs } })
  stage.deliverTo(host)
  await stage.start(host, 'counted')
  expect((await stage.ended('counted')).output).toBe('1')
})

test('a tracer behind which nothing listens leaves nothing in rows, histories and messages', async () => {
  const nowhere: Span = {
    spanContext: () => ({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }),
    setStatus: () => {},
    end: () => {},
  }
  const tracer: Tracer = {
    startSpan: () => nowhere,
    startActiveSpan: (_name, _options, _context, fn) => fn(nowhere),
  }
  const stage = new Stage({ tracer })
  const host = stage.host(app)
  stage.deliverTo(host)
  await stage.start(host, 'steps')
  await stage.ended('steps')
  const all = [await stage.row('steps'), await stage.history('steps'), stage.sent]
  expect(JSON.stringify(all)).not.toContain('"trace"')
})

test('a trace that is not sampled stays so, through all that it carries', async () => {
  const tracer = recordingTracer()
  const stage = new Stage({ tracer })
  const host = stage.host(app)
  stage.deliverTo(host)
  await stage.start(host, 'steps', undefined, { trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` })
  await stage.ended('steps')
  expect(new Set(tracer.spans.map(({ context }) => context.traceFlags))).toEqual(new Set([0]))
})

test.each([
  `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
  `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
  `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  `00-${'A'.repeat(32)}-${'b'.repeat(16)}-01`,
  `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01-more`,
  'nothing of the kind',
  '',
])('%j is no place in a trace, and as good as none', async (trace) => {
  expect(parseTraceparent(trace)).toBeUndefined()
  const tracer = recordingTracer()
  const stage = new Stage({ tracer })
  const host = stage.host(app)
  await stage.start(host, 'steps', undefined, { trace })
  expect(tracer.spans).toMatchObject([{ name: 'create_orchestration||steps', parent: undefined }])
})

test('a place in a trace survives being written and read', () => {
  const text = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const place = parseTraceparent(text)
  expect(place && toTraceparent(place)).toBe(text)
})

test('the context that a tracer is handed is one to set and delete values in, and never changes itself', () => {
  const place = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
  const key = Symbol('key')
  const context = contextUnder(place)
  const more = context.setValue(key, 1)
  expect([context.getValue(key), more.getValue(key), more.deleteValue(key).getValue(key)]).toEqual([
    undefined,
    1,
    undefined,
  ])
  const span = more.getValue(Symbol.for('OpenTelemetry Context Key SPAN')) as Span
  expect(span.spanContext()).toBe(place)
})

test('a new generation has a link to the one before', async () => {
  async function twice(ctx: WorkflowContext, round: number): Promise<void> {
    if (round === 1) ctx.continueAsNew(2)
  }
  const tracer = recordingTracer()
  const stage = new Stage({ tracer })
  const host = stage.host({ workflows: { twice } })
  stage.deliverTo(host)
  await stage.start(host, 'twice', 1)
  await stage.ended('twice')
  const [, next] = tracer.spans.filter(({ name }) => name === 'create_orchestration||twice')
  const first = tracer.spans.find(({ name }) => name === 'orchestration||twice')
  expect(next?.parent).toBeUndefined()
  expect(next?.links?.map(({ context }) => context.spanId)).toEqual([first?.context.spanId])
})
