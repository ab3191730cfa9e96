// (c) One workflow that asks for thousands of activities at once and sums their results.

import { fanOutSum } from './app.ts'
import { type Findings, figureOf, repeat, timed } from './figures.ts'
import { floorFanOut, recordsOf } from './floor.ts'
import { type Stage, withBench } from './stage.ts'

export async function measureFanOut(stage: Stage): Promise<Findings> {
  const { width, warmUp, rounds } = stage.sizes.fanOut
  return withBench(stage, async ({ host, floor, run }) => {
    const fanOut = async (input: number, instanceId: string) =>
      run({ workflow: 'fanOut', input, expected: fanOutSum(input), instanceId })
    await fanOut(warmUp, 'warm-up')
    const values = await repeat(rounds, async (round) => {
      const engine = await timed(async () => fanOut(width, `round-${round}`))
      await host.rest()
      const records = await recordsOf(host.store, `round-${round}`)
      return { engine, floor: await timed(async () => floorFanOut(floor, width, records)) }
    })
    const figure = figureOf(
      { letter: 'c', place: stage.place, name: `fan-out of ${width}, start to completion`, unit: 'ms' },
      values.map(({ engine }) => engine),
      values.map((each) => each.floor),
    )
    return { figures: [figure], checks: [] }
  })
}
