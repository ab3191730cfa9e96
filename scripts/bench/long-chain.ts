// (d) One workflow with thousands of steps. A step late in its life must not cost more than an early one.
//
// Early and late are minutes apart on a slow disk, and in between the disk may have become faster or slower. So the last tenth is run step
// by step in turns with a second instance, which is new: what they are compared by is measured at the same time.
import { type Findings, figureOf, median, timed, times } from './figures.ts'
import { type Floor, floorChain, recordsOf } from './floor.ts'
import { Gate } from './gates.ts'
import { type Bench, type Stage, withBench } from './stage.ts'

const maxGrowth = 1.2

interface Round {
  /** Ms per step. */
  readonly mostSteps: number
  readonly firstTenth: number
  readonly lastTenth: number
}

export async function measureLongChain(stage: Stage): Promise<Findings> {
  const { steps, warmUp, rounds } = stage.sizes.longChain
  return withBench(stage, async (bench) => {
    await growOld(bench, 'warm-up', warmUp)
    const engine: Round[] = []
    const bare: number[] = []
    for (const round of times(rounds)) {
      engine.push(await growOld(bench, `round-${round}`, steps))
      await bench.host.rest()
      bare.push(await floorStep(bench, round, steps))
    }
    return findings(stage, engine, bare)
  })
}

/** Runs a chain to its end, the last tenth of it in turns with the first tenth of another. */
async function growOld({ gates, run }: Bench, name: string, steps: number): Promise<Round> {
  const tenth = steps / 10
  const [oldId, youngId] = [`old-${name}`, `young-${name}`]
  const [oldGate, youngGate] = [new Gate(steps - tenth), new Gate(0)]
  gates.set(oldId, oldGate).set(youngId, youngGate)
  const began = performance.now()
  const oldEnd = run('gatedChain', steps, steps, oldId)
  await Promise.race([oldGate.arrival, oldEnd])
  const mostMs = performance.now() - began
  const youngEnd = run('gatedChain', tenth, tenth, youngId)
  await Promise.race([youngGate.arrival, youngEnd])
  const oldMs: number[] = []
  const youngMs: number[] = []
  for (const _ of times(tenth - 1)) {
    oldMs.push(await timed(async () => Promise.race([oldGate.step(), oldEnd])))
    youngMs.push(await timed(async () => Promise.race([youngGate.step(), youngEnd])))
  }
  oldGate.open()
  youngGate.open()
  await Promise.all([oldEnd, youngEnd])
  return { mostSteps: mostMs / (steps - tenth), firstTenth: median(youngMs), lastTenth: median(oldMs) }
}

async function floorStep(
  { host, floor }: { host: Bench['host']; floor: Floor },
  round: number,
  steps: number,
): Promise<number> {
  const records = await recordsOf(host.store, `young-round-${round}`)
  return (await timed(async () => floorChain(floor, round, steps, records))) / steps
}

function findings({ place, sizes }: Stage, engine: readonly Round[], bare: readonly number[]): Findings {
  const subject = { letter: 'd', place } as const
  const growths = engine.map(({ firstTenth, lastTenth }) => lastTenth / firstTenth)
  const growth = median(growths)
  const length = `chain of ${sizes.longChain.steps}`
  const step = (name: string, pick: (round: Round) => number) =>
    figureOf({ ...subject, name, unit: 'ms/step' }, engine.map(pick), bare)
  return {
    figures: [
      step(`${length}, per step`, (round) => round.mostSteps),
      step(`${length}, first tenth`, (round) => round.firstTenth),
      step(`${length}, last tenth`, (round) => round.lastTenth),
      figureOf({ ...subject, name: `${length}, last tenth / first tenth`, unit: 'ratio' }, growths),
    ],
    checks: [
      {
        ...subject,
        property: `growth of a step over a ${length}`,
        required: `at most ${maxGrowth}`,
        actual: growth.toFixed(2),
        holds: growth <= maxGrowth,
      },
    ],
  }
}
