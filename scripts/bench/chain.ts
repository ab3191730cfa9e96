// (a) and (b), and (g) for both: short chains, one at a time for the latency, many at once for the throughput.
import { type Figure, type Findings, figureOf, median, timed, times } from './figures.ts'
import { type Floor, floorChain, type Records, recordsOf } from './floor.ts'
import type { Host } from './hosts.ts'
import { type Stage, withBench } from './stage.ts'

/** (a) One chain at a time, engine and floor in turns. */
export async function measureLatency(stage: Stage): Promise<Findings> {
  const { steps, warmUp, perRound, rounds } = stage.sizes.chain
  return withBench(stage, async ({ host, floor, run }) => {
    const records = await recordsOf(host.store, await run('chain', steps, steps))
    const meter = new CommitMeter(host, floor, perRound * steps)
    let line = 0
    const once = async () => {
      const engineMs = await timed(async () => run('chain', steps, steps))
      await host.rest()
      const floorMs = await timed(async () => floorChain(floor, ++line, steps, records))
      return { engineMs, floorMs }
    }
    for (const _ of times(warmUp)) await once()
    const engine: number[] = []
    const bare: number[] = []
    for (const _ of times(rounds)) {
      meter.start()
      const both: Awaited<ReturnType<typeof once>>[] = []
      for (const _each of times(perRound)) both.push(await once())
      meter.stop()
      engine.push(median(both.map(({ engineMs }) => engineMs)))
      bare.push(median(both.map(({ floorMs }) => floorMs)))
    }
    const name = `chain of ${steps} activities, start to completion, p50`
    const figure = figureOf({ letter: 'a', place: stage.place, name, unit: 'ms' }, engine, bare)
    return { figures: [figure, ...meter.figures(stage, 'one chain at a time')], checks: [] }
  })
}

/** (b) Many lanes at once; in each lane one chain after the other. */
export async function measureThroughput(stage: Stage): Promise<Findings> {
  const { lanes, perLane, steps, rounds } = stage.sizes.flight
  const stepsPerRound = lanes * perLane * steps
  return withBench(stage, async ({ host, floor, run }) => {
    const records = await recordsOf(host.store, await run('chain', steps, steps))
    const meter = new CommitMeter(host, floor, stepsPerRound)
    const once = async () => {
      const engineMs = await timed(async () =>
        inLanes(lanes, perLane, async () => run('chain', steps, steps)),
      )
      await host.rest()
      const floorMs = await timed(async () => floorLanes(floor, stage, records))
      return { engine: (stepsPerRound / engineMs) * 1000, floor: (stepsPerRound / floorMs) * 1000 }
    }
    await once()
    const both: Awaited<ReturnType<typeof once>>[] = []
    for (const _ of times(rounds)) {
      meter.start()
      both.push(await once())
      meter.stop()
    }
    const name = `steps per second, ${lanes} chains of ${steps} in flight`
    const figure = figureOf(
      { letter: 'b', place: stage.place, name, unit: 'steps/s' },
      both.map((each) => each.engine),
      both.map((each) => each.floor),
    )
    return { figures: [figure, ...meter.figures(stage, `${lanes} chains in flight`)], checks: [] }
  })
}

async function floorLanes(floor: Floor, { sizes }: Stage, records: Records): Promise<void> {
  const { lanes, perLane, steps } = sizes.flight
  let line = 0
  await inLanes(lanes, perLane, async () => floorChain(floor, ++line, steps, records))
}

async function inLanes(lanes: number, perLane: number, work: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    times(lanes).map(async () => {
      for (const _ of times(perLane)) await work()
    }),
  )
}

/** (g) Commits per step. */
class CommitMeter {
  readonly #host: Host
  readonly #floor: Floor
  readonly #steps: number
  #before = { engine: 0, floor: 0 }
  readonly #engine: number[] = []
  readonly #bare: number[] = []

  constructor(host: Host, floor: Floor, stepsPerRound: number) {
    this.#host = host
    this.#floor = floor
    this.#steps = stepsPerRound
  }

  start(): void {
    this.#before = this.#now()
  }

  stop(): void {
    const { engine, floor } = this.#now()
    this.#engine.push((engine - this.#before.engine) / this.#steps)
    this.#bare.push((floor - this.#before.floor) / this.#steps)
  }

  /** None in memory, where nothing is committed. */
  figures({ place }: Stage, when: string): readonly Figure[] {
    if (place === 'memory') return []
    const subject = { letter: 'g', place, name: `commits per step, ${when}`, unit: 'commits/step' } as const
    return [figureOf(subject, this.#engine, this.#bare)]
  }

  #now(): { engine: number; floor: number } {
    return { engine: this.#host.commits(), floor: this.#floor.commits() }
  }
}
