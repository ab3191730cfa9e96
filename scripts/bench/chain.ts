// (a) and (b), and (g) for both: short chains, one at a time for the latency, many at once for the throughput.

import { type Figure, type Findings, figureOf, median, repeat, timed, times } from './figures.ts'
import { type Floor, floorChain, recordsOf } from './floor.ts'
import type { Host } from './hosts.ts'
import { type Stage, withBench } from './stage.ts'

interface Values {
  readonly engine: number
  readonly floor: number
}

/** (a) One chain at a time, engine and floor in turns. */
export async function measureLatency(stage: Stage): Promise<Findings> {
  const { steps, warmUp, perRound, rounds } = stage.sizes.chain
  return withBench(stage, async ({ host, floor, run }) => {
    const chain = { workflow: 'chain', input: steps, expected: steps } as const
    const records = await recordsOf(host.store, await run(chain))
    const meter = new CommitMeter(host, floor, perRound * steps)
    let line = 0
    const once = async (): Promise<Values> => {
      const engine = await timed(async () => run(chain))
      await host.rest()
      return { engine, floor: await timed(async () => floorChain(floor, ++line, steps, records)) }
    }
    await repeat(warmUp, once)
    const p50s = await repeat(rounds, async (): Promise<Values> => {
      const all = await meter.over(async () => repeat(perRound, once))
      return { engine: median(all.map((each) => each.engine)), floor: median(all.map((each) => each.floor)) }
    })
    const name = `chain of ${steps}, start to completion, p50`
    const figure = toFigure({ letter: 'a', place: stage.place, name, unit: 'ms' }, p50s)
    return { figures: [figure, ...meter.figures(stage, 'one chain at a time')], checks: [] }
  })
}

/** (b) Many lanes at once; in each lane one chain after the other. */
export async function measureThroughput(stage: Stage): Promise<Findings> {
  const { lanes, perLane, steps, rounds } = stage.sizes.flight
  const stepsPerRound = lanes * perLane * steps
  return withBench(stage, async ({ host, floor, run }) => {
    const chain = { workflow: 'chain', input: steps, expected: steps } as const
    const records = await recordsOf(host.store, await run(chain))
    const meter = new CommitMeter(host, floor, stepsPerRound)
    let line = 0
    const perSecond = async (oneChain: () => Promise<unknown>) => {
      const ms = await timed(async () => Promise.all(times(lanes).map(async () => repeat(perLane, oneChain))))
      return (stepsPerRound / ms) * 1000
    }
    const once = async (): Promise<Values> => {
      const engine = await perSecond(async () => run(chain))
      await host.rest()
      return { engine, floor: await perSecond(async () => floorChain(floor, ++line, steps, records)) }
    }
    await once()
    const values = await repeat(rounds, async () => meter.over(once))
    const name = `steps per second, ${lanes} chains of ${steps} in flight`
    const figure = toFigure({ letter: 'b', place: stage.place, name, unit: 'steps/s' }, values)
    return { figures: [figure, ...meter.figures(stage, `${lanes} chains in flight`)], checks: [] }
  })
}

function toFigure(
  subject: Pick<Figure, 'letter' | 'place' | 'name' | 'unit'>,
  values: readonly Values[],
): Figure {
  return figureOf(
    subject,
    values.map(({ engine }) => engine),
    values.map(({ floor }) => floor),
  )
}

/** (g) Commits per step, round by round. */
class CommitMeter {
  readonly #host: Host
  readonly #floor: Floor
  readonly #steps: number
  readonly #values: Values[] = []

  constructor(host: Host, floor: Floor, stepsPerRound: number) {
    this.#host = host
    this.#floor = floor
    this.#steps = stepsPerRound
  }

  /** Counts over one round. */
  async over<T>(round: () => Promise<T>): Promise<T> {
    const [host, floor] = [this.#host, this.#floor]
    const before = { engine: host.commits(), floor: floor.commits() }
    const result = await round()
    this.#values.push({
      engine: (host.commits() - before.engine) / this.#steps,
      floor: (floor.commits() - before.floor) / this.#steps,
    })
    return result
  }

  /** None in memory, where nothing is committed. */
  figures({ place }: Stage, when: string): readonly Figure[] {
    if (place === 'memory') return []
    const name = `commits per step, ${when}`
    return [toFigure({ letter: 'g', place, name, unit: 'commits/step' }, this.#values)]
  }
}
