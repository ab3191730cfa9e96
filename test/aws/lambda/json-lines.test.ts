import { expect, test } from 'vitest'
import { createJsonLogger } from '../../../src/aws/lambda/json-lines.ts'
import { createEmfMetrics } from '../../../src/aws/lambda/metrics.ts'

const clock = { now: () => Date.UTC(2030, 0, 1) }

function logged(level: string | undefined, use: (logger: ReturnType<typeof createJsonLogger>) => void) {
  const lines: string[] = []
  const fields = () => ({ requestId: 'request-1' })
  use(createJsonLogger({ clock, level, fields, write: (line) => void lines.push(line) }))
  expect(lines.filter((line) => line.includes('\n'))).toEqual([])
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('a line is one object: time, level, message, invocation, and the fields', () => {
  const lines = logged(undefined, (logger) => logger.warn('A turn failed.', { instanceId: 'one', n: 1n }))
  const own = { timestamp: '2030-01-01T00:00:00.000Z', level: 'WARN', message: 'A turn failed.' }
  expect(lines).toEqual([{ ...own, requestId: 'request-1', instanceId: 'one', n: '1' }])
})

test('a field cannot pass itself off as level or message', () => {
  const [line] = logged('debug', (logger) =>
    logger.error('real', { message: 'fake', level: 'DEBUG', timestamp: 0 }),
  )
  expect(line).toMatchObject({ message: 'real', level: 'ERROR', timestamp: '2030-01-01T00:00:00.000Z' })
})

test('an error has its name, code, stack and cause', () => {
  const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), { code: 'E' })
  const [line] = logged('info', (logger) => logger.error('failed', { error }))
  expect(line).toMatchObject({
    error: { name: 'Error', message: 'outer', code: 'E', cause: { name: 'TypeError', message: 'inner' } },
  })
})

test('what JSON cannot carry is said in words', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const lines = logged('info', (logger) => logger.info('cycle', { cycle }))
  expect(lines).toMatchObject([{ level: 'ERROR' }])
})

test.each([
  ['debug', 4],
  ['INFO', 3],
  [undefined, 3],
  ['nonsense', 3],
  ['Warn', 2],
  ['error', 1],
])('at level %s there are %i lines', (level, count) => {
  const lines = logged(level, (logger) => {
    for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each]('x')
  })
  expect(lines).toHaveLength(count)
})

test('a metric is a line of the embedded metric format', () => {
  const lines: string[] = []
  const metrics = createEmfMetrics({ service: 'shop', clock, write: (line) => void lines.push(line) })
  metrics.addMetric('DeadLetters', 'Count', 3)
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      _aws: {
        Timestamp: clock.now(),
        CloudWatchMetrics: [
          {
            Namespace: 'Tenuto',
            Dimensions: [['service']],
            Metrics: [{ Name: 'DeadLetters', Unit: 'Count' }],
          },
        ],
      },
      service: 'shop',
      DeadLetters: 3,
    },
  ])
})
