// (d) One workflow with thousands of steps. A step late in its life must not cost more than an early one.
//
// Early and late may be minutes apart, and in between the disk may have become faster or slower. So the last tenth of the chain runs in
// pairs of steps with the first tenth of a new one: what is compared is measured at the same time.

import { type Check, type Findings, figureOf, median, repeat, timed } from './figures.ts'
import { floorChain, recordsOf } from './floor.ts'
import { Gate } from './gates.ts'
import { type Bench, type Stage, withBench } from './stage.ts'

const maxGrowth = 1.2

/** Ms per step. */
interface Round {
  /** Mean over all but the last tenth. */
  readonly most: number
  /** Medians. */
  readonly firstTenth: number
  readonly lastTenth: number
  /** Late step / early step, median of the pairs. */
  readonly growth: number
}

export async function measureLongChain(stage: Stage): Promise<Findings> {
  const { steps, warmUp, rounds } = stage.sizes.longChain
  return withBench(stage, async (bench) => {
    const { host, floor } = bench
    await growOld(bench, 'warm-up', warmUp)
    const floors: number[] = []
    const values = await repeat(rounds, async (at) => {
      const round = await growOld(bench, `round-${at}`, steps)
      await host.rest()
      const records = await recordsOf(host.store, youngId(`round-${at}`))
      floors.push((await timed(async () => floorChain(floor, at, steps, records))) / steps)
      return round
    })
    return findings(stage, values, floors)
  })
}

/** Runs a chain to its end, the last tenth of it in pairs with the first tenth of another. */
async function growOld({ gates, run }: Bench, name: string, steps: number): Promise<Round> {
  const tenth = steps / 10
  const chain = (id: string, gate: Gate) => {
    gates.set(id, gate)
    return run({ workflow: 'gatedChain', input: steps, expected: steps, instanceId: id })
  }
  const old = new Gate(steps - tenth)
  const young = new Gate(0)
  const began = performance.now()
  const oldEnd = chain(`old-${name}`, old)
  await Promise.race([old.arrival, oldEnd])
  const most = (performance.now() - began) / (steps - tenth)
  const youngEnd = chain(youngId(name), young)
  await Promise.race([young.arrival, youngEnd])
  const late = async () => timed(async () => Promise.race([old.step(), oldEnd]))
  const early = async () => timed(async () => Promise.race([young.step(), youngEnd]))
  const pairs = await repeat(tenth - 1, async (at) => inPair(early, late, at % 2 === 0))
  old.open()
  young.open()
  await Promise.all([oldEnd, youngEnd])
  return {
    most,
    firstTenth: median(pairs.map((pair) => pair.early)),
    lastTenth: median(pairs.map((pair) => pair.late)),
    growth: median(pairs.map((pair) => pair.late / pair.early)),
  }
}

/** The order changes from pair to pair, so that neither always comes right after the other. */
async function inPair(early: () => Promise<number>, late: () => Promise<number>, isEarlyFirst: boolean) {
  if (isEarlyFirst) return { early: await early(), late: await late() }
  const ms = await late()
  return { early: await early(), late: ms }
}

function youngId(name: string): string {
  return `young-${name}`
}

function findings({ place, sizes }: Stage, rounds: readonly Round[], floors: readonly number[]): Findings {
  const subject = { letter: 'd', place } as const
  const growths = rounds.map(({ growth }) => growth)
  const length = `chain of ${sizes.longChain.steps}`
  const step = (what: string, pick: (round: Round) => number) =>
    figureOf({ ...subject, name: `${length}, ${what}`, unit: 'ms/step' }, rounds.map(pick), floors)
  return {
    figures: [
      step('mean step', (round) => round.most),
      step('first tenth, median step', (round) => round.firstTenth),
      step('last tenth, median step', (round) => round.lastTenth),
      figureOf({ ...subject, name: `${length}, last tenth / first tenth`, unit: 'ratio' }, growths),
    ],
    checks: [growthCheck(place, length, growths)],
  }
}

/** The median of the rounds counts. */
export function growthCheck(place: Stage['place'], length: string, growths: readonly number[]): Check {
  const growth = median(growths)
  return {
    letter: 'd',
    place,
    property: `last tenth / first tenth of a ${length}`,
    required: `at most ${maxGrowth}`,
    actual: growth.toFixed(2),
    holds: growth <= maxGrowth,
  }
}
