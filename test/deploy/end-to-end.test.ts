// The packaged deployment at work: the real bundles, each in a process of its own as Lambda runs it, on queues, schedules and a table that
// the template describes. What each function asks of AWS is compared with what its role allows.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HttpResult } from '../../src/http/lambda.ts'
import { dynoxideTitle, noDynoxide } from '../support/dynoxide.ts'
import { type Packaged, packagedService } from './packaged.ts'
import { permissionsIn } from './permissions.ts'
import { deployStack, type Stack } from './stack.ts'

describe.skipIf(noDynoxide)(dynoxideTitle('a deployed stack'), { timeout: 60_000 }, () => {
  let packaged: Packaged
  let stack: Stack

  beforeAll(async () => {
    packaged = await packagedService()
    stack = await deployStack(packaged)
  }, 60_000)
  afterAll(async () => stack.close())

  /** @param line `GET /one?wait=20`, below the path of all workflows */
  async function api(line: string, body?: unknown) {
    const [method = '', target = ''] = line.split(' ', 2)
    const [path = '', rawQueryString = ''] = target.split('?', 2)
    const result = (await stack.invoke('Api', {
      version: '2.0',
      rawPath: `/v1.0/workflows/dapr${path}`,
      rawQueryString,
      headers: { host: 'abc.execute-api.us-east-1.amazonaws.com' },
      requestContext: { http: { method } },
      ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)).toString('base64') }),
      isBase64Encoded: body !== undefined,
    })) as HttpResult
    const answer = JSON.parse(result.body || '{}') as {
      runtimeStatus?: string
      properties?: Record<string, string>
    }
    return { ...answer, statusCode: result.statusCode }
  }

  const ended = async (id: string) => api(`GET /${id}?wait=20&until=completion`)

  test('a chain of activities', async () => {
    expect(await api('POST /taskChaining/start?instanceID=chain', 1)).toMatchObject({ statusCode: 202 })
    expect(await ended('chain')).toMatchObject({ runtimeStatus: 'COMPLETED' })
  })
})
