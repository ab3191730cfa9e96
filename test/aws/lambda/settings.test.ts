import { expect, test } from 'vitest'
import { exampleEnvironment } from '../../../scripts/bundle/environment.ts'
import { createAwsBackend } from '../../../src/aws/index.ts'
import { readSettings } from '../../../src/aws/lambda/settings.ts'

test('every variable that is missing or empty is named, all at once', () => {
  const { TENUTO_TABLE_NAME: _, ...rest } = exampleEnvironment
  expect(() => readSettings({ ...rest, TENUTO_SCHEDULE_GROUP: '' })).toThrow(
    /lacks TENUTO_TABLE_NAME, TENUTO_SCHEDULE_GROUP\./,
  )
  expect(() => createAwsBackend({ env: {} })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})

test('what is left out has a default', () => {
  const settings = readSettings(exampleEnvironment)
  expect(settings).toMatchObject({ tableName: 'table', service: 'tenuto', logLevel: undefined })
  expect(settings).not.toHaveProperty('retention')
  expect(settings).not.toHaveProperty('scheduleDeadLetterArn')
})

test('our own names win over Lambda’s', () => {
  const lambda = { AWS_LAMBDA_FUNCTION_NAME: 'shop-dev-api', AWS_LAMBDA_LOG_LEVEL: 'WARN' }
  expect(readSettings({ ...exampleEnvironment, ...lambda })).toMatchObject({
    service: 'shop-dev-api',
    logLevel: 'WARN',
  })
  const own = { TENUTO_SERVICE: 'shop', TENUTO_LOG_LEVEL: 'debug' }
  expect(readSettings({ ...exampleEnvironment, ...lambda, ...own })).toMatchObject({
    service: 'shop',
    logLevel: 'debug',
  })
})

test.each([
  ['30d', { any: '30d' }],
  ['0s', { any: '0s' }],
  ['', undefined],
])('TENUTO_RETENTION %j keeps for %j', (text, retention) => {
  expect(readSettings({ ...exampleEnvironment, TENUTO_RETENTION: text }).retention).toEqual(retention)
})

test.each(['-1d', 'soon', '30', ' 30d'])('TENUTO_RETENTION %j is refused', (text) => {
  expect(() => readSettings({ ...exampleEnvironment, TENUTO_RETENTION: text })).toThrow(
    /TENUTO_RETENTION must be a time with its unit/,
  )
})
