// 3,000 of the requests of `npm run fuzz`, over real sockets to a server with a real runtime behind it. TENUTO_SEED repeats or varies a run.

import { expect, test } from 'vitest'
import { problemOf, type RawAnswer, readAnswers } from '../../scripts/fuzz/answers.ts'
import { runFuzz } from '../../scripts/fuzz/run.ts'
import { startFuzzServer } from '../../scripts/fuzz/server.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const seed = Number(process.env['TENUTO_SEED'] ?? 20_260_131)

test(`3,000 requests: no 5xx, nothing of the inside, no instance stuck (seed ${seed})`, async () => {
  const logger = recordingLogger()
  const server = await startFuzzServer(logger)
  try {
    const { problems, answers, ended } = await runFuzz(server, { requests: 3_000, seed })
    expect(problems).toEqual([])
    // It has met more than refusals.
    const wanted = ['200', '202', '400', '404', '405', '408', '409', '410', '413']
    expect(wanted.filter((status) => !answers.has(status))).toEqual([])
    expect(ended).toBeGreaterThan(10)
  } finally {
    await server.close()
  }
  expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([])
}, 60_000)

function answer(status: number, body: string): RawAnswer {
  return { status, headers: new Map([['content-type', 'application/json']]), body }
}

test.each([
  [answer(500, '{}'), 'status 500'],
  [answer(200, String.raw`{"a":"Error: x\n    at run (file:///app/src/a.ts:1:2)"}`), 'it shows the inside'],
  [answer(400, '{"message":"no code"}'), 'it names no error'],
  [{ ...answer(404, 'Not Found'), headers: new Map() }, 'it is undefined'],
])('an answer like %j would be found', (found, problem) => {
  expect(problemOf(found)).toContain(problem)
})

test('answers of one connection are told apart', () => {
  const text = 'HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}'
  const bytes = Buffer.from(`HTTP/1.1 100 Continue\r\n\r\n${text}${text}`)
  expect(readAnswers(bytes).map(({ status, body }) => `${status} ${body}`)).toEqual([
    '100 ',
    '202 {}',
    '202 {}',
  ])
  expect(() => readAnswers(Buffer.from('hello'))).toThrow('no answer')
})
