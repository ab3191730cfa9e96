// (c) One workflow that asks for thousands of activities at once and sums their results.
import { fanOutSum } from './app.ts'
import { type Findings, figureOf, timed, times } from './figures.ts'
import { floorFanOut, recordsOf } from './floor.ts'
import { type Stage, withBench } from './stage.ts'

export async function measureFanOut(stage: Stage): Promise<Findings> {
  const { width, warmUp, rounds } = stage.sizes.fanOut
  const { place } = stage
  const check = {
    letter: 'c',
    place,
    property: `the sum of a fan-out of ${width}`,
    required: String(fanOutSum(width)),
  } as const
  return withBench(stage, async ({ host, floor, run }) => {
    const engine: number[] = []
    const bare: number[] = []
    try {
      await run('fanOut', warmUp, fanOutSum(warmUp))
      for (const _ of times(rounds)) {
        let id = ''
        engine.push(
          await timed(async () => {
            id = await run('fanOut', width, fanOutSum(width))
          }),
        )
        await host.rest()
        const records = await recordsOf(host.store, id)
        bare.push(await timed(async () => floorFanOut(floor, width, records)))
      }
    } catch (error) {
      return { figures: [], checks: [{ ...check, actual: (error as Error).message, holds: false }] }
    }
    const figure = figureOf(
      { letter: 'c', place, name: `fan-out of ${width}, start to completion`, unit: 'ms' },
      engine,
      bare,
    )
    return { figures: [figure], checks: [{ ...check, actual: String(fanOutSum(width)), holds: true }] }
  })
}
