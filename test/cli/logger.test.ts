// Loggers for people and for machines: what they leave out, and that nothing logged can harm either.

import { expect, test } from 'vitest'
import { createConsoleLogger, createJsonLogger, logLevels } from '../../src/cli/logger.ts'
import type { LogFields, Logger } from '../../src/workflow/logger.ts'

function logged(create: (write: (line: string) => void) => Logger, act: (logger: Logger) => void): string[] {
  const lines: string[] = []
  act(create((line) => lines.push(line)))
  return lines
}

function logOfEveryLevel(logger: Logger): void {
  logger.debug('a')
  logger.info('b')
  logger.warn('c')
  logger.error('d')
}

test.each(logLevels.map((level, at) => [level, 4 - at] as const))(
  'at level %s, %i of four levels are logged',
  (level, count) => {
    expect(logged((write) => createConsoleLogger({ level, write }), logOfEveryLevel)).toHaveLength(count)
    expect(logged((write) => createJsonLogger({ level, write }), logOfEveryLevel)).toHaveLength(count)
  },
)

test('a line for a person has time, level, instance, message and the fields that say something', () => {
  const fields = { instanceId: 'order-1', activity: 'charge', taskId: 3, attempt: 1, amount: 5 }
  const [line] = logged(
    (write) => createConsoleLogger({ write, colors: false }),
    (logger) => logger.info('Charging', fields),
  )
  expect(line).toMatch(/^\d\d:\d\d:\d\d info {2}\[order-1\] Charging amount=5$/)
  const [all] = logged(
    (write) => createConsoleLogger({ write, colors: false, level: 'debug' }),
    (logger) => logger.info('Charging', fields),
  )
  expect(all).toContain('activity=charge taskId=3 attempt=1 amount=5')
})

test('a line for a person shows failures by type and message', () => {
  const error = { errorType: 'TypeError', message: 'no such thing', stackTrace: 'at …' }
  const lines = logged(
    (write) => createConsoleLogger({ write, colors: false }),
    (logger) => {
      logger.warn('Failed', { error })
      logger.warn('Failed', { error: new RangeError('too far') })
    },
  )
  expect(lines[0]).toContain('error=TypeError: no such thing')
  expect(lines[1]).toContain('error=RangeError: too far')
})

test('colours are used only where they are wanted', () => {
  const [line] = logged(
    (write) => createConsoleLogger({ write, colors: true }),
    (logger) => logger.info('Hi'),
  )
  expect(line).toContain('\u001B[36m')
})

test('what is logged cannot steer a terminal or pretend to be another line', () => {
  const hostile = 'a\u001B[2Jb\nc\rd\u009Be\u202Ef\u2028g'
  const [line] = logged(
    (write) => createConsoleLogger({ write, colors: false }),
    (logger) => logger.info(hostile, { instanceId: hostile, [hostile]: hostile }),
  )
  expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028]/u)
  expect(line).toContain('a\\u001b[2Jb\\u000ac\\u000dd\\u009be\\u202ef\\u2028g')
})

test('a line for a machine is one JSON object whose time, level and message no field can replace', () => {
  const fields = {
    instanceId: 'x',
    message: 'forged',
    level: 'forged',
    time: 'forged',
    n: 1n,
    error: new Error('why'),
  }
  const [line = ''] = logged(
    (write) => createJsonLogger({ write }),
    (logger) => logger.warn('real', fields),
  )
  const record = JSON.parse(line) as Record<string, unknown>
  expect(record).toMatchObject({
    level: 'warn',
    message: 'real',
    instanceId: 'x',
    n: '1',
    error: { message: 'why' },
  })
  expect(record['time']).toMatch(/^\d{4}-\d\d-\d\dT/)
  expect(line).not.toContain('\n')
})

test('no value makes a logger throw', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const values: LogFields[] = [
    { cycle },
    { nothing: undefined },
    { symbol: Symbol('s') },
    {
      bad: {
        toJSON: () => {
          throw new Error('no')
        },
      },
    },
    { fn: () => 1 },
    { none: null },
  ]
  for (const create of [createConsoleLogger, createJsonLogger]) {
    const lines = logged(
      (write) => create({ write }),
      (logger) => values.forEach((fields) => logger.info('x', fields)),
    )
    expect(lines).toHaveLength(values.length)
  }
})
