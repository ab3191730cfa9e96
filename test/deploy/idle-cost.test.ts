// docs/deploy.md says what the script computes.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { idleCost, totalOf, waitingCost } from '../../scripts/bundle/idle-cost.ts'
import { packagedService } from './packaged.ts'

test('the cost of an idle stack in the document is the one of the packaged template', async () => {
  const lines = idleCost((await packagedService()).template)
  const row = (what: string, list: number, afterFree: number) => [what, list.toFixed(2), afterFree.toFixed(2)]
  const expected = [
    ...lines.map(({ what, usd, usdAfterFree }) => row(what, usd, usdAfterFree)),
    row('all', totalOf(lines, 'usd'), totalOf(lines, 'usdAfterFree')),
  ]
  const document = readFileSync('docs/deploy.md', 'utf8')
  const rows = [...document.matchAll(/^\| (.+) \| (.+) \| (.+) \|$/gm)]
    .map(([, ...cells]) => cells.map((cell) => cell.replaceAll('*', '')))
    .filter(([, list = '']) => /^\d+\.\d\d$/.test(list))
  expect(rows).toEqual(expected)
})

test('so does the cost of instances that wait', async () => {
  const usd = waitingCost((await packagedService()).template)
  expect(readFileSync('docs/deploy.md', 'utf8')).toContain(
    `100,000 of them cost ${usd.toFixed(2)} USD a month`,
  )
})
