// Lists over many partitions of the index, and the index itself.

import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import {
  createTableInput,
  type DynamoRequest,
  listIndex,
  listShards,
  tableSchema,
} from '../../../src/aws/dynamodb/index.ts'
import { list } from '../../../src/aws/dynamodb/list.ts'
import { listKey } from '../../../src/aws/dynamodb/rows.ts'
import { Table } from '../../../src/aws/dynamodb/table.ts'
import { placeOf } from '../../../src/aws/keys.ts'
import type { InstanceRow } from '../../../src/runtime/rows.ts'
import type { RuntimeStatus } from '../../../src/workflow/status.ts'
import { episodeOf, key, rowOf } from '../../conformance/samples.ts'
import { describeOnDynoxide, describeOnTables } from '../../support/dynoxide.ts'
import { type Bench, useTables } from './harness.ts'

describeOnTables('lists in DynamoDB', () => {
  const open = useTables()

  const statuses: readonly RuntimeStatus[] = ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'SUSPENDED']
  const fill = async ({ store }: Bench, count: number) => {
    const rows = Array.from({ length: count }, (_, at) => {
      const instanceId = `i-${String((at * 7) % count).padStart(4, '0')}`
      const status = statuses[at % statuses.length] ?? 'PENDING'
      return rowOf(
        { instanceId, incarnation: `life ${at}` },
        { createdAt: 1_000 + Math.floor(at / 3), status },
      )
    })
    await Promise.all(rows.map((row) => store.createInstance(row)))
    return rows
  }
  const pages = async ({ store }: Bench, limit: number, filter?: readonly RuntimeStatus[]) => {
    const found: string[] = []
    let pageToken: string | undefined
    do {
      const page = await store.list({
        limit,
        ...(filter && { statuses: filter }),
        ...(pageToken && { pageToken }),
      })
      expect(page.instances.length).toBeLessThanOrEqual(limit)
      found.push(...page.instances.map(({ instanceId, createdAt }) => `${createdAt} ${instanceId}`))
      pageToken = page.pageToken
    } while (pageToken !== undefined)
    return found
  }

  test('hundreds of instances come back by age, each once, whatever the page', async () => {
    const bench = await open()
    const rows = await fill(bench, 240)
    for (const limit of [7, 100, 240, 1_000]) {
      const found = await pages(bench, limit)
      expect(found.toSorted()).toEqual(rows.map((row) => `${row.createdAt} ${row.instanceId}`).toSorted())
      const ages = found.map((text) => Number(text.split(' ')[0]))
      expect(ages).toEqual(ages.toSorted((a, b) => a - b))
    }
    const failed = rows.filter(({ status }) => status === 'FAILED')
    expect((await pages(bench, 10, ['FAILED'])).length).toBe(failed.length)
  })

  test('instances that all lie in one partition come back as well', async () => {
    const bench = await open()
    const partitionOf = (instanceId: string) =>
      listKey(placeOf({ instanceId, incarnation: 'l' }), 'RUNNING')['listKey']?.S
    const ids = Array.from({ length: 1_000 }, (_, at) => `i-${at}`).filter(
      (each) => partitionOf(each) === 'RUNNING#3',
    )
    await Promise.all(
      ids.map((instanceId, at) =>
        bench.store.createInstance(
          rowOf({ instanceId, incarnation: 'l' }, { status: 'RUNNING', createdAt: at }),
        ),
      ),
    )
    expect(ids.length).toBeGreaterThan(60)
    for (const limit of [7, 50, 1_000]) {
      expect(await pages(bench, limit)).toEqual(ids.map((instanceId, at) => `${at} ${instanceId}`))
    }
  })

  test('a row is listed as what it is put as', async () => {
    const { store } = await open()
    const reason = { errorType: 'E', message: 'm' }
    const put = async (instanceId: string, more: Partial<InstanceRow>) =>
      store.createInstance(rowOf({ instanceId, incarnation: 'l' }, more))
    await put('stalled', { stalled: reason, status: 'RUNNING' })
    await put('ended', { stalled: reason, status: 'FAILED' })
    await put('purged', { purgedAt: 5_000, status: 'FAILED' })
    const listed = async (status: RuntimeStatus) =>
      (await store.list({ limit: 9, statuses: [status] })).instances.map(({ instanceId }) => instanceId)
    expect([await listed('RUNNING'), await listed('STALLED'), await listed('FAILED')]).toEqual([
      [],
      ['stalled'],
      ['ended'],
    ])
  })

  test('what others do between two pages neither hides nor repeats an instance', async () => {
    const bench = await open()
    const rows = await fill(bench, 60)
    const first = await bench.store.list({ limit: 30 })
    for (const { instanceId, incarnation } of rows) {
      const end = { episode: 1, status: 'COMPLETED', lastUpdatedAt: 9_000 } as const
      await bench.store.projectStatus({ instanceId, incarnation }, end)
    }
    const second = await bench.store.list({
      limit: 30,
      ...(first.pageToken && { pageToken: first.pageToken }),
    })
    const found = [...first.instances, ...second.instances].map(({ instanceId }) => instanceId)
    expect(found.toSorted()).toEqual(rows.map(({ instanceId }) => instanceId).toSorted())
    expect(second.pageToken).toBeUndefined()
  })

  test('a row of a list tells what it was, when, and when it is due', async () => {
    const { store } = await open()
    const instanceId = '\uD800'.repeat(2_000)
    const row = rowOf({ instanceId, incarnation: '#%\uDFFF' }, { startAt: 9_000, name: 'n\uD800' })
    await store.createInstance({ ...row, input: '"large"' })
    expect((await store.list({ limit: 1 })).instances).toEqual([row])
  })

  test('a stalled instance changes its place in lists with each change of status, and back', async () => {
    const { store } = await open()
    const listed = async (): Promise<string[]> => {
      const found = await Promise.all(
        (['STALLED', ...statuses] as const).map(async (status) => {
          const { instances } = await store.list({ limit: 10, statuses: [status] })
          return instances.map(() => status)
        }),
      )
      return found.flat()
    }
    await store.createInstance(rowOf(key))
    expect(await listed()).toEqual(['PENDING'])
    await store.setStalled(key, { errorType: 'E', message: 'm' }, 2_000)
    await store.projectStatus(key, { episode: 1, status: 'SUSPENDED', lastUpdatedAt: 2_500 })
    expect(await listed()).toEqual(['STALLED'])
    await store.setStalled(key, undefined, 3_000)
    expect(await listed()).toEqual(['SUSPENDED'])
    await store.setStalled(key, { errorType: 'E', message: 'm' }, 4_000)
    await store.projectStatus(key, { episode: 2, status: 'COMPLETED', lastUpdatedAt: 5_000 })
    expect(await listed()).toEqual(['COMPLETED'])
  })

  test.each([true, false])(
    'a page that has looked at enough rows ends short, and the next ones lose and repeat nothing (newest first: %j)',
    async (newestFirst) => {
      const { store, client, tableName, clock, logger } = await open()
      const rows = Array.from({ length: 400 }, (_, at) =>
        rowOf(
          { instanceId: `i-${at}`, incarnation: 'l' },
          {
            createdAt: 1_000 + at,
            status: at % 3 === 0 ? 'FAILED' : 'RUNNING',
            name: at % 40 === 0 ? 'rare' : 'usual',
          },
        ),
      )
      await Promise.all(rows.map((row) => store.createInstance(row)))
      const policy = { clock, logger, retryBudgetMs: 1_000, random: () => 0.5 }
      const requests: DynamoRequest[] = []
      const table = new Table({ client, tableName, policy, onRequest: (each) => requests.push(each) })
      const found: string[] = []
      const lengths: number[] = []
      let pageToken: string | undefined
      do {
        const filter = { limit: 5, workflowNames: ['rare'], newestFirst, ...(pageToken && { pageToken }) }
        const before = requests.length
        const page = await list(table, filter, clock.now(), 1)
        // One look into each partition.
        expect(requests.length - before).toBe(7 * listShards)
        found.push(...page.instances.map(({ instanceId }) => instanceId))
        lengths.push(page.instances.length)
        pageToken = page.pageToken
      } while (pageToken !== undefined)
      const expected = rows.filter(({ name }) => name === 'rare').map(({ instanceId }) => instanceId)
      expect(found).toEqual(newestFirst ? expected.toReversed() : expected)
      expect(Math.max(...lengths)).toBeLessThanOrEqual(5)
    },
  )

  test.each(['RUNNING#', 'COMPLETED#'])(
    'an instance that goes on before %s is read is on the page once',
    async (moment) => {
      const { store, client, tableName, clock, logger } = await open()
      await store.createInstance(rowOf(key))
      const steps = ['RUNNING', 'COMPLETED'] as const
      const status = steps.find((each) => moment.startsWith(each)) ?? 'RUNNING'
      const policy = { clock, logger, retryBudgetMs: 1_000, random: () => 0.5 }
      const table = new Table({ client, tableName, policy })
      let moved: Promise<void> | undefined
      const query = table.query.bind(table)
      table.query = async (input) => {
        const partition = input.ExpressionAttributeValues?.[':partition']?.S ?? ''
        if (partition.startsWith(moment)) {
          moved ??= store.projectStatus(key, { episode: 1, status, lastUpdatedAt: 2_000 })
          await moved
        }
        return query(input)
      }
      const { instances } = await list(table, { limit: 10 }, clock.now())
      expect(instances.map((row) => row.status)).toEqual([status])
    },
  )

  test('a range of creation reads what was created in it, not what lies before', async () => {
    const bench = await open()
    await Promise.all(
      Array.from({ length: 300 }, (_, at) =>
        bench.store.createInstance(
          rowOf({ instanceId: `i-${at}`, incarnation: 'l' }, { createdAt: at, status: 'FAILED' }),
        ),
      ),
    )
    bench.takeRequests()
    const range = { statuses: ['FAILED'], createdFrom: 290, createdTo: 294 } as const
    expect((await bench.store.list({ ...range, limit: 100 })).instances).toHaveLength(5)
    const read = bench.takeRequests().reduce((sum, { items }) => sum + items, 0)
    expect(read).toBe(5)
  })

  test('a page token that is none is refused', async () => {
    const { store } = await open()
    await expect(store.list({ limit: 1, pageToken: 'rubbish' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  test('the index holds rows, and nothing of what a step writes', async () => {
    const { store, items } = await open()
    await store.createInstance(rowOf(key))
    await store.appendEpisode(key, episodeOf(1))
    await store.putOutcomes(key, [])
    const indexed = (await items(key.instanceId)).filter((item) => item['listKey'])
    expect(indexed.map(({ sk }) => sk?.S)).toEqual(['row'])
  })
})

describeOnDynoxide('the table of DynamoDB', () => {
  const open = useTables()

  test('the table is what the schema says', async () => {
    const { client, tableName } = await open()
    const { Table: made } = await client.send(new DescribeTableCommand({ TableName: tableName }))
    expect(made?.KeySchema).toEqual(tableSchema.KeySchema)
    expect(made?.AttributeDefinitions).toEqual(tableSchema.AttributeDefinitions)
    expect(made?.GlobalSecondaryIndexes).toEqual([
      expect.objectContaining(tableSchema.GlobalSecondaryIndexes[0]),
    ])
    expect(made?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
    expect(createTableInput('t')).toMatchObject({
      TableName: 't',
      GlobalSecondaryIndexes: [{ IndexName: listIndex }],
    })
  })
})
