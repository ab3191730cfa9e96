// The table that describes a command decides what it takes.

import { expect, test } from 'vitest'
import { helpFlag, helpText, parseCommandLine, parsePort, UsageError } from '../../src/cli/command-line.ts'
import { serveFlags, toServeSettings } from '../../src/cli/serve.ts'

const line = {
  usage: 'tenuto paint <thing> [color]',
  summary: 'Paints a thing.',
  flags: {
    coats: { type: 'string', short: 'c', value: 'n', description: 'how often' },
    wet: { type: 'boolean', description: 'do not wait' },
    ...helpFlag,
  },
} as const

test('flags and positional arguments are told apart, wherever they stand', () => {
  expect(parseCommandLine(line, ['door', '--coats', '2', 'red', '--wet'])).toEqual({
    flags: { coats: '2', wet: true },
    positionals: ['door', 'red'],
  })
  expect(parseCommandLine(line, ['--', '--door'])).toMatchObject({ positionals: ['--door'] })
})

test.each([
  [['door', '--gloss'], /--gloss/],
  [['door', '--coats'], /--coats/],
  [['door', '--wet=yes'], /--wet/],
  [[], /<thing> is missing/],
  [['door', 'red', 'blue'], /'blue' is one argument too many/],
])('%j cannot be understood', (args, message) => {
  expect(() => parseCommandLine(line, args)).toThrow(UsageError)
  expect(() => parseCommandLine(line, args)).toThrow(message)
})

test('help needs nothing else, and names every flag', () => {
  expect(parseCommandLine(line, ['-h']).flags.help).toBe(true)
  const help = helpText(line)
  expect(help).toContain('Usage: tenuto paint <thing> [color] [options]')
  for (const name of ['-c, --coats <n>', '--wet', '-h, --help']) expect(help).toContain(name)
})

test.each(['0', '3500', '65535'])('%s is a port', (port) => {
  expect(parsePort(port)).toBe(Number(port))
})

test.each(['', 'abc', '-1', '65536', '1e3', '0x10', '99999', ' 80'])('%j is no port', (port) => {
  expect(() => parsePort(port)).toThrow(UsageError)
})

test('settings come from the flags, then from the environment, then from the defaults', () => {
  const env = { PORT: '4000', TENUTO_DATA: '/tmp/from-env' }
  expect(toServeSettings({ port: '5000', data: '/tmp/from-flag' }, env)).toMatchObject({
    port: 5000,
    dataDir: '/tmp/from-flag',
  })
  expect(toServeSettings({}, env)).toMatchObject({ port: 4000, dataDir: '/tmp/from-env' })
  expect(toServeSettings({}, env)).not.toHaveProperty('retention')
  expect(toServeSettings({}, { TENUTO_RETENTION: '30d' })).toMatchObject({ retention: { any: '30d' } })
  expect(toServeSettings({ retention: '0.5h' }, {})).toMatchObject({ retention: { any: '0.5h' } })
  const defaults = toServeSettings({}, { PORT: '', TENUTO_DATA: '' })
  expect(defaults).toMatchObject({ port: 3500, hostname: '127.0.0.1', json: false, level: 'info' })
  expect(defaults.dataDir).toMatch(/[\\/]\.tenuto$/)
})

test('an unknown log level is refused with the known ones', () => {
  expect(() => toServeSettings({ 'log-level': 'loud' }, {})).toThrow(/debug, info, warn, error, silent/)
  expect(serveFlags['log-level'].description).toContain('debug, info, warn, error, silent')
})
