// A machine that loses its power. What was acknowledged was synced, and is there; of what was being written the disk has anything: a part,
// zeros, noise, later pages without earlier ones. Whatever it has, the database opens, is sound, and shows whole groups or nothing of them.

import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/local/database.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { episodeOf, key, rowOf } from '../conformance/samples.ts'
import { Rng } from '../simulation/rng.ts'
import { openBackend, temporaryFolder, type TestBackend } from './harness.ts'
import { doorbell } from './messages.ts'

const groups = 4
/** Some hundred databases are opened here, and none has to last. */
const quickDisk = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const seed = Number(process.env['TENUTO_SEED'] ?? 1)

/** A little less than a page each. */
const [input, output] = ['x'.repeat(3_000), 'y'.repeat(3_000)]

const walHeaderBytes = 32
const frameHeaderBytes = 24

const instanceOf = (group: number) => ({ ...key, instanceId: `i${group}` })

/** One group of writes: a row, its message and its first episode. */
async function writeGroup({ ports: { store, queue } }: TestBackend, group: number): Promise<void> {
  const of = instanceOf(group)
  await Promise.all([
    store.createInstance(rowOf(of, { input })),
    store.appendEpisode(of, episodeOf(1, { output })),
    queue.send([doorbell({ instanceId: of.instanceId })]),
  ])
}

interface Written {
  readonly path: string
  readonly wal: Buffer
  readonly frameBytes: number
  /** Bytes of the log when a group was acknowledged: so much was on the disk by then, and no more needs to be. */
  readonly synced: readonly number[]
}

async function writeAll(): Promise<Written> {
  const path = join(temporaryFolder(), 'a.db')
  const backend = openBackend({ path })
  // The tables are in the database itself; the log begins anew.
  backend.database.value('PRAGMA wal_checkpoint(TRUNCATE)')
  const synced: number[] = []
  for (let group = 0; group < groups; group++) {
    await writeGroup(backend, group)
    synced.push(readFileSync(`${path}-wal`).length)
  }
  const frameBytes = frameHeaderBytes + Number(backend.database.value('PRAGMA page_size'))
  return { path, wal: readFileSync(`${path}-wal`), frameBytes, synced }
}

/** Opens the files that the disk has. @returns how many groups there are, each of them whole, and none without those before */
async function groupsIn(path: string): Promise<number> {
  const backend = openBackend({ path })
  const { store } = backend.ports
  const parts: string[] = []
  for (let group = 0; group < groups; group++) {
    const of = instanceOf(group)
    const row = await store.getInstance(of.instanceId)
    const episodes = await store.readHistory(of)
    const messages = backend.database.value(
      'SELECT count(*) FROM messages WHERE instance_id = ?',
      of.instanceId,
    )
    // All of it: a page of the input that is missing would be an error, or other text.
    const isWhole = row?.input === input && episodes[0]?.output === output && row.episode === 1
    parts.push(`${row ? 1 : 0}${episodes.length}${String(messages)}${row && !isWhole ? ' in part' : ''}`)
  }
  await backend.stop()
  const whole = parts.filter((part) => part === '111').length
  const expected = Array.from({ length: groups }, (_, group) => (group < whole ? '111' : '000'))
  expect(parts).toEqual(expected)
  return whole
}

/** What the disk may have of a log after its first `cut` bytes. */
const tails: Readonly<Record<string, (wal: Buffer, cut: number, rng: Rng) => Buffer>> = {
  nothing: (wal, cut) => wal.subarray(0, cut),
  zeros: (wal, cut) => Buffer.concat([wal.subarray(0, cut), Buffer.alloc(wal.length - cut)]),
  noise: (wal, cut, rng) => {
    const noise = Uint8Array.from({ length: 61 }, () => rng.int(0, 255))
    return Buffer.from(wal).fill(noise, cut)
  },
  'what was written later': (wal, cut) => {
    const hole = Buffer.from(wal)
    for (let at = cut; at < Math.min(cut + 512, hole.length); at++) hole[at] = ~(hole[at] ?? 0) & 0xff
    return hole
  },
}

/** Up to where the disk has the log as it was written. */
function intactBytes(wal: Buffer, disk: Buffer, cut: number): number {
  let at = cut
  while (at < disk.length && disk[at] === wal[at]) at++
  return at
}

test.each(Object.keys(tails))(`a log that is cut anywhere, and then has %s (seed ${seed})`, async (name) => {
  const { path, wal, frameBytes, synced } = await writeAll()
  const frames = (wal.length - walHeaderBytes) / frameBytes
  expect(Number.isInteger(frames)).toBe(true)
  const rng = new Rng(seed)
  const copy = join(temporaryFolder(quickDisk), 'a.db')
  for (let frame = 0; frame < frames; frame++) {
    const begin = walHeaderBytes + frame * frameBytes
    // At the border of two frames, and within one: its header, its page.
    for (const cut of [begin, begin + rng.int(1, frameHeaderBytes), begin + rng.int(25, frameBytes - 1)]) {
      copyFileSync(path, copy)
      const disk = tails[name]?.(wal, cut, rng) ?? wal
      writeFileSync(`${copy}-wal`, disk)
      writeFileSync(`${copy}-shm`, '')
      const acknowledged = synced.filter((bytes) => bytes <= intactBytes(wal, disk, cut))
      expect(await groupsIn(copy)).toBe(acknowledged.length)
    }
  }
})

test(`a checkpoint that was interrupted anywhere: the log still has it all (seed ${seed})`, async () => {
  const { path, wal } = await writeAll()
  const before = readFileSync(path)
  const folder = temporaryFolder()
  copyFileSync(path, join(folder, 'b.db'))
  writeFileSync(join(folder, 'b.db-wal'), wal)
  const database = openDatabase({ path: join(folder, 'b.db'), integrityCheck: true, logger: silentLogger })
  database.value('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  const after = readFileSync(join(folder, 'b.db'))
  const sectorBytes = 512
  expect(after.length).toBeGreaterThan(before.length)
  const rng = new Rng(seed)
  const copy = join(temporaryFolder(quickDisk), 'a.db')
  for (let time = 0; time < 30; time++) {
    // Sector by sector the disk has the new one, or still the old one.
    const torn = Buffer.alloc(after.length)
    for (let at = 0; at < after.length; at += sectorBytes) {
      const source = rng.chance(0.5) ? after : before
      if (at < source.length) source.copy(torn, at, at, at + sectorBytes)
    }
    writeFileSync(copy, torn.subarray(0, rng.chance(0.5) ? after.length : before.length))
    writeFileSync(`${copy}-wal`, wal)
    writeFileSync(`${copy}-shm`, '')
    expect(await groupsIn(copy)).toBe(groups)
  }
})
