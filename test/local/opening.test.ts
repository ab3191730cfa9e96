// Opening a folder: whose it is, whether it can be written, and whether what is in it can be trusted.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/local/database.ts'
import { openLocalBackend } from '../../src/local/index.ts'
import { connect } from '../../src/local/sqlite.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { key, rowOf } from '../conformance/samples.ts'
import { sourceFiles } from '../tidy/source-files.ts'
import { runChild } from './children/run.ts'
import { temporaryFolder } from './harness.ts'

/** Opens and closes. */
async function openOnce(dataDir: string): Promise<void> {
  const backend = await openLocalBackend({ dataDir })
  await backend.stop()
}

/** A folder whose database has some pages. */
async function filledFolder(): Promise<string> {
  const dataDir = temporaryFolder()
  const backend = await openLocalBackend({ dataDir })
  for (let at = 0; at < 100; at++) {
    await backend.ports.store.createInstance(
      rowOf({ ...key, instanceId: `i${at}` }, { input: 'x'.repeat(1_000) }),
    )
  }
  await backend.stop()
  return dataDir
}

test('a folder that is not there is made', async () => {
  const dataDir = join(temporaryFolder(), 'a', 'b')
  await openOnce(dataDir)
  expect(existsSync(join(dataDir, 'tenuto.db'))).toBe(true)
})

test('writes go through a log that is synced at every commit', () => {
  const database = openDatabase({
    path: join(temporaryFolder(), 'a.db'),
    integrityCheck: true,
    logger: silentLogger,
  })
  onTestFinished(() => database.close())
  const isMac = process.platform === 'darwin' ? 1 : 0
  expect(database.value('PRAGMA journal_mode')).toBe('wal')
  expect(database.value('PRAGMA synchronous')).toBe(2)
  expect(database.value('PRAGMA fullfsync')).toBe(isMac)
  expect(database.value('PRAGMA checkpoint_fullfsync')).toBe(isMac)
})

test('a second process is refused the folder, and told who has it', async () => {
  const dataDir = temporaryFolder()
  const holder = runChild('hold', dataDir)
  expect(await holder.nextLine()).toBe('open')
  await expect(openLocalBackend({ dataDir })).rejects.toMatchObject({
    code: 'STORAGE_LOCKED',
    message: expect.stringContaining(String(holder.pid)) as string,
  })
})

test('a second backend of the same process is refused the folder, and the first keeps it', async () => {
  const dataDir = temporaryFolder()
  const backend = await openLocalBackend({ dataDir })
  onTestFinished(() => backend.stop())
  for (let time = 0; time < 2; time++) {
    await expect(openLocalBackend({ dataDir })).rejects.toMatchObject({ code: 'STORAGE_LOCKED' })
  }
  const other = runChild('hold', dataDir)
  expect(await other.nextLine()).toBe('STORAGE_LOCKED')
})

test('the lock of a process that was killed is no obstacle', async () => {
  const dataDir = temporaryFolder()
  const holder = runChild('hold', dataDir)
  expect(await holder.nextLine()).toBe('open')
  await holder.kill()
  expect(readFileSync(join(dataDir, 'tenuto.pid'), 'utf8')).toBe(`${holder.pid}\n`)
  await openOnce(dataDir)
})

test('stopping gives the folder back', async () => {
  const dataDir = temporaryFolder()
  await openOnce(dataDir)
  await openOnce(dataDir)
  expect(existsSync(join(dataDir, 'tenuto.pid'))).toBe(false)
})

test('a file in the place of the folder is refused as not writable', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  await expect(openLocalBackend({ dataDir: file })).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' })
  const below = join(file, 'below')
  await expect(openLocalBackend({ dataDir: below })).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' })
})

test('a folder without the right to write is refused as not writable (by a process that is not root)', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  mkdirSync(dataDir)
  chmodSync(join(dataDir, '..'), 0o755)
  chmodSync(dataDir, 0o555)
  expect(await runChild('openAsNobody', dataDir).nextLine()).toBe('STORAGE_READ_ONLY')
  chmodSync(dataDir, 0o777)
  expect(await runChild('openAsNobody', dataDir).nextLine()).toBe('open')
})

test('a database without the right to write is refused as not writable (by a process that is not root)', async () => {
  const dataDir = await filledFolder()
  chmodSync(dataDir, 0o777)
  chmodSync(join(dataDir, 'tenuto.lock'), 0o666)
  chmodSync(join(dataDir, 'tenuto.db'), 0o444)
  expect(await runChild('openAsNobody', dataDir).nextLine()).toBe('STORAGE_READ_ONLY')
})

test('a file that is no database is refused as damaged, and left as it is', async () => {
  const dataDir = temporaryFolder()
  const path = join(dataDir, 'tenuto.db')
  writeFileSync(path, 'this is not a database, and long enough to be told from an empty one'.repeat(20))
  const before = readFileSync(path)
  await expect(openLocalBackend({ dataDir })).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' })
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a damaged page is found by the check at open, and the folder is free afterwards', async () => {
  const dataDir = await filledFolder()
  const path = join(dataDir, 'tenuto.db')
  const bytes = readFileSync(path)
  // Headers and cell pointers of half of the pages.
  for (let page = 26; page * 4_096 < bytes.length; page += 2)
    bytes.fill(0xa5, page * 4_096, page * 4_096 + 64)
  writeFileSync(path, bytes)
  for (let time = 0; time < 2; time++) {
    await expect(openLocalBackend({ dataDir })).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' })
  }
  const unchecked = await openLocalBackend({ dataDir, integrityCheck: false })
  await unchecked.stop()
})

test('tables of a newer version are refused with both versions', async () => {
  const dataDir = await filledFolder()
  const connection = new DatabaseSync(join(dataDir, 'tenuto.db'))
  connection.exec('PRAGMA user_version = 99')
  connection.close()
  await expect(openLocalBackend({ dataDir })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringMatching(/newer Tenuto.*99.*one knows \d+\)/) as string,
  })
})

test('a database of something else is refused and not touched', async () => {
  const dataDir = temporaryFolder()
  const connection = new DatabaseSync(join(dataDir, 'tenuto.db'))
  connection.exec('CREATE TABLE theirs (a)')
  connection.close()
  const before = readFileSync(join(dataDir, 'tenuto.db'))
  await expect(openLocalBackend({ dataDir })).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  expect(readFileSync(join(dataDir, 'tenuto.db')).equals(before)).toBe(true)
})

test('after stop every port refuses', async () => {
  const backend = await openLocalBackend({ dataDir: ':memory:' })
  await backend.stop()
  await backend.stop()
  const { store, queue } = backend.ports
  await expect(store.getInstance('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(store.createInstance(rowOf(key))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(
    queue.send([{ v: 1, token: 't', ...key, kind: 'doorbell', factIds: [] }]),
  ).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
})

describe('a Node without SQLite', () => {
  test.each([
    ['too old for it', 'v20.19.0', () => undefined],
    ['that has one nobody has tried', 'v22.16.0', (id: string) => process.getBuiltinModule(id)],
    ['built without it', 'v24.0.0', () => undefined],
  ])('%s is told what it lacks', (_how, version, getBuiltinModule) => {
    const node = { version, getBuiltinModule: getBuiltinModule as typeof process.getBuiltinModule }
    const open = () => connect(':memory:', {}, node)
    expect(open).toThrow(expect.objectContaining({ code: 'NODE_TOO_OLD' }))
    expect(open).toThrow(version)
  })

  test('loads the package nevertheless: nothing of it imports SQLite', () => {
    const imports = sourceFiles('src').filter(({ text }) => /^import (?!type\b).*'node:sqlite'/m.test(text))
    expect(imports.map(({ path }) => path)).toEqual([])
  })
})
