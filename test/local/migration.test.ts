// A file of an earlier version: brought up to date when it is opened, with all that is in it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/local/database.ts'
import { openLocalBackend } from '../../src/local/index.ts'
import { applicationId, schemaVersion } from '../../src/local/schema.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { temporaryFolder } from './harness.ts'

/** The folder of a backend of version 1 with a parent, a child that is tagged, and what is left of a purged one. */
function folderOfVersion1(): string {
  const dataDir = temporaryFolder()
  const connection = new DatabaseSync(join(dataDir, 'tenuto.db'))
  const parent = { instanceId: 'p', incarnation: 'life of p', generation: 1, seq: 1, depth: 1 }
  const starts = [
    { name: 'order', startDigest: 'd', input: '"large"' },
    { name: 'ship', startDigest: 'd', parent, tags: { 'customer.id': '"a" \\ ü😀', team: '' } },
    { name: 'order', startDigest: 'd' },
  ]
  connection.exec(`BEGIN; ${readFileSync('test/local/tables-of-version-1.sql', 'utf8')}
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1;
    INSERT INTO instances VALUES
      (1, 'p', 'life of p', 1000, 1500, 'RUNNING', 'RUNNING', 1, 1, 0, 0, NULL),
      (2, 'p:0001', 'life of c', 2000, 2500, 'RUNNING', 'STALLED', 1, 1, 0, 0, NULL),
      (3, 'gone', 'life of g', 3000, 3500, 'COMPLETED', 'COMPLETED', 1, 1, 0, 0, 4000);
    INSERT INTO shown VALUES (2, '{"customStatus":"1","stalled":{"errorType":"E","message":"m"}}');
    COMMIT;`)
  const put = connection.prepare('INSERT INTO starts VALUES (?, ?)')
  for (const [at, start] of starts.entries()) put.run(at + 1, JSON.stringify(start))
  connection.close()
  return dataDir
}

test('instances of an earlier version are found by name, parent and tags', async () => {
  const dataDir = folderOfVersion1()
  for (let time = 0; time < 2; time++) {
    const { ports, stop } = await openLocalBackend({ dataDir }).then((backend) => ({
      ports: backend.ports,
      stop: async () => backend.stop(),
    }))
    const ids = async (filter: object) =>
      (await ports.store.list({ limit: 9, ...filter })).instances.map(({ instanceId }) => instanceId)
    expect(await ids({})).toEqual(['p', 'p:0001'])
    expect(await ids({ workflowNames: ['ship'] })).toEqual(['p:0001'])
    expect(await ids({ parentInstanceId: 'p' })).toEqual(['p:0001'])
    expect(await ids({ tags: { 'customer.id': '"a" \\ ü😀' } })).toEqual(['p:0001'])
    expect(await ids({ tags: { team: '' } })).toEqual(['p:0001'])
    expect(await ids({ tags: { team: 'x' } })).toEqual([])
    expect(await ports.store.getInstance('p')).toMatchObject({ name: 'order', input: '"large"' })
    await stop()
  }
})

test('the tables of an older file become those of a new one', () => {
  const shapeOf = (path: string) => {
    const database = openDatabase({ path, integrityCheck: true, logger: silentLogger })
    const shape = database
      .prepare(
        `SELECT s.type, s.name AS thing, c.name AS part, c."notnull", c.pk
          FROM sqlite_schema s JOIN pragma_table_info(s.name) c ORDER BY s.name, c.cid`,
      )
      .all()
    const version = database.value('PRAGMA user_version')
    database.close()
    return { shape, version }
  }
  const old = shapeOf(join(folderOfVersion1(), 'tenuto.db'))
  expect(old.version).toBe(schemaVersion)
  expect(old).toEqual(shapeOf(join(temporaryFolder(), 'tenuto.db')))
})
