// (f) What an instance takes that waits for an event: on the disk, and in the heap of a process that keeps it alive or has let it go.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { benchApp } from './app.ts'
import { type Findings, figureOf, repeat, times } from './figures.ts'
import { MemoryFloor, recordsOf, SqliteFloor } from './floor.ts'
import type { Host } from './hosts.ts'
import { openHost, type Stage, withBench } from './stage.ts'

interface Round {
  /** Bytes of all instances together. */
  readonly alive: number
  readonly dropped: number
  readonly disk: number
  readonly floorHeap: number
  readonly floorDisk: number
}

export async function measureWaiting(stage: Stage): Promise<Findings> {
  const { instances, warmUp, rounds } = stage.sizes.waiting
  await wait(stage, warmUp)
  const all = await repeat(rounds, async () => wait(stage, instances))
  const { place } = stage
  const per = (pick: (round: Round) => number) => all.map((round) => Math.round(pick(round) / instances))
  const heap = (name: string, pick: (round: Round) => number) =>
    figureOf(
      { letter: 'f', place, name: `waiting instance, ${name}`, unit: 'heap B/instance' },
      per(pick),
      place === 'memory' ? per((round) => round.floorHeap) : [],
    )
  const disk = { letter: 'f', place, name: 'waiting instance, on the disk', unit: 'B/instance' } as const
  const onDisk =
    place === 'sqlite'
      ? [
          figureOf(
            disk,
            per((round) => round.disk),
            per((round) => round.floorDisk),
          ),
        ]
      : []
  return {
    figures: [
      ...onDisk,
      heap('kept alive', (round) => round.alive),
      heap('dropped from memory', (round) => round.dropped),
    ],
    checks: [],
  }
}

async function wait(stage: Stage, instances: number): Promise<Round> {
  const ids = times(instances).map((at) => `waiting-${at}`)
  const folder = stage.place === 'sqlite' ? stage.newFolder() : ''
  const emptyBytes = await emptyDatabase(stage)
  const host = await openHost(benchApp(new Map()), folder)
  let heap: Pick<Round, 'alive' | 'dropped'>
  try {
    heap = await measureHeap(host, ids, stage.sizes.patienceMs)
  } finally {
    await host.stop()
  }
  // At the close the log is checkpointed, so all that is kept is in the file.
  const disk = folder === '' ? 0 : bytesIn(folder) - emptyBytes
  return { ...heap, disk, ...(await floorBytes(stage, instances)) }
}

async function measureHeap(
  host: Host,
  ids: readonly string[],
  timeoutMs: number,
): Promise<Pick<Round, 'alive' | 'dropped'>> {
  const { client } = host
  const before = heapBytes()
  await Promise.all(
    ids.map(async (instanceId, number) => {
      await client.scheduleNewWorkflow('waiting', { number }, { instanceId })
      await client.waitForWorkflowStart(instanceId, { timeoutMs })
    }),
  )
  await host.rest()
  const alive = heapBytes() - before
  host.forget()
  const dropped = heapBytes() - before
  // They do wait: one that was dropped takes its event and completes.
  const last = ids.at(-1) ?? ''
  await client.raiseEvent(last, 'go', 'on')
  const state = await client.waitForWorkflowCompletion(last, { timeoutMs })
  if (state?.output !== 'on')
    throw new Error(`A waiting instance ended with ${JSON.stringify(state?.output)}.`)
  return { alive, dropped }
}

/** The floor keeps two records of each instance: its start, and what it waits for. */
async function floorBytes(stage: Stage, instances: number): Promise<Pick<Round, 'floorHeap' | 'floorDisk'>> {
  const { start, episodes } = await withBench(stage, async ({ host }) => {
    const id: string = await host.client.scheduleNewWorkflow(
      'waiting',
      { number: 1 },
      { instanceId: 'waiting-1' },
    )
    await host.client.waitForWorkflowStart(id)
    return recordsOf(host.store, id)
  })
  const folder = stage.newFolder()
  const before = heapBytes()
  const floor = stage.place === 'memory' ? new MemoryFloor() : new SqliteFloor(folder)
  await Promise.all(
    times(instances).map(async (line) => {
      await floor.append(line, start)
      await floor.append(line, episodes[0])
    }),
  )
  const floorHeap = heapBytes() - before
  floor.close()
  return { floorHeap, floorDisk: bytesIn(folder) }
}

async function emptyDatabase(stage: Stage): Promise<number> {
  if (stage.place === 'memory') return 0
  const folder = stage.newFolder()
  const host = await openHost(benchApp(new Map()), folder)
  await host.stop()
  return bytesIn(folder)
}

function bytesIn(folder: string): number {
  return readdirSync(folder)
    .map((name) => statSync(join(folder, name)).size)
    .reduce((sum, size) => sum + size, 0)
}

/** What is reachable. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
