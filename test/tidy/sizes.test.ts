// A reader opens any file and finishes it: a hard limit on lines, and a ratchet on sizes.

import { expect, test } from 'vitest'
import baseline from './baseline.json' with { type: 'json' }
import { sourceFiles } from './source-files.ts'

const maxLines = 400
const largeBytes = 8 * 1024

const sizes = sourceFiles('src').map(({ path, text }) => ({
  path,
  lines: text.trimEnd().split('\n').length,
  bytes: Buffer.byteLength(text),
}))

test(`no file of src has more than ${maxLines} lines`, () => {
  expect(sizes.filter(({ lines }) => lines > maxLines)).toEqual([])
})

test('the median file of src is not larger than the baseline', () => {
  const median = sizes.map(({ bytes }) => bytes).toSorted((a, b) => a - b)[sizes.length >> 1] ?? 0
  suggest('medianBytes', median)
  expect(
    median,
    'split what has two subjects, or raise test/tidy/baseline.json with a reason',
  ).toBeLessThanOrEqual(baseline.medianBytes)
})

test('no more files of src than the baseline are above 8 KB', () => {
  const large = sizes.filter(({ bytes }) => bytes > largeBytes).map(({ path }) => path)
  suggest('filesAbove8KB', large.length)
  expect(
    large.length,
    `split one of ${large.join(', ')}, or raise test/tidy/baseline.json with a reason`,
  ).toBeLessThanOrEqual(baseline.filesAbove8KB)
})

/** When a number got better, says how to keep it that way. */
function suggest(name: keyof typeof baseline, actual: number): void {
  const limit = baseline[name]
  if (actual < limit) console.info(`${name} is ${actual}: lower it from ${limit} in test/tidy/baseline.json`)
}
