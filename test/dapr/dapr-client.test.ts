// The HTTP client of @dapr/dapr, as it is on npm, against workflows that really run: on the embedded backend, and behind the API function of
// the AWS backend. All that DaprClient.workflow has is called here; test/http/dapr-client.test.ts looks at what travels.

import { CommunicationProtocolEnum, DaprClient } from '@dapr/dapr'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Dynoxide, noDynoxide, startDynoxide } from '../../scripts/stack/dynoxide.ts'
import { createHttpApi as createGateway } from '../../scripts/stack/http-api.ts'
import { openAwsWorld } from '../../scripts/stack/in-process.ts'
import { createHttpApi, type HttpHandler } from '../../src/http/api.ts'
import { serve } from '../../src/http/server.ts'
import { defineApp, type WorkflowContext } from '../../src/index.ts'
import { openLocalBackend, systemClock } from '../../src/local/index.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { fakeFunction } from '../deploy/fake-function.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'

interface Order {
  readonly product: string
}

async function prepare(_ctx: unknown, { product }: Order): Promise<string> {
  return `prepared ${product}`
}

async function confirm(_ctx: unknown, text: string): Promise<string> {
  return text
}

async function order(ctx: WorkflowContext, input: Order): Promise<string> {
  ctx.setCustomStatus('preparing')
  const prepared = await ctx.callActivity(prepare, input)
  ctx.setCustomStatus('waiting')
  const { by } = await ctx.waitForExternalEvent<{ by: string }>('approval')
  return ctx.callActivity(confirm, `${prepared}, approved by ${by}`)
}

async function failing(): Promise<never> {
  throw new RangeError('no stock')
}

const app = defineApp({ workflows: { order, failing }, activities: { prepare, confirm } })

type State = Awaited<ReturnType<DaprClient['workflow']['getWorkflowState']>>

interface Backend {
  readonly api: HttpHandler
  readonly close: () => Promise<unknown>
}

async function openEmbedded(): Promise<Backend> {
  const backend = await openLocalBackend({ dataDir: ':memory:', stopGraceMs: 1_000 })
  const runtime = createRuntime(app, backend.ports)
  backend.run(runtime, { maxConcurrency: () => undefined })
  async function close(): Promise<void> {
    await backend.stop()
    runtime.close()
  }
  return { api: createHttpApi(runtime.management), close }
}

async function openAws(): Promise<Backend> {
  const dynoxide: Dynoxide = await startDynoxide()
  const world = await openAwsWorld({ app, database: dynoxide, clock: systemClock })
  const api = async (event: unknown) => world.invoke('api', event)
  const { target } = fakeFunction(new VirtualClock(), api, { clock: systemClock, concurrency: 10 })
  const routes = [{ key: '$default', target, timeoutMs: 30_000, authorization: 'NONE' }]
  async function close(): Promise<void> {
    await world.close()
    await dynoxide.close()
  }
  return { api: createGateway({ routes, clock: systemClock, logger: silentLogger }), close }
}

const backends = [
  { title: 'the embedded backend', open: openEmbedded, skipped: false },
  { title: dynoxideTitle('the API function on AWS'), open: openAws, skipped: noDynoxide },
]

for (const { title, open, skipped } of backends) {
  // oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
  describe.skipIf(skipped)(title, () => {
    const closers: (() => Promise<unknown>)[] = []
    let client: DaprClient
    let url: string
    beforeAll(async () => {
      const { api, close } = await open()
      const server = await serve(api, { port: 0 })
      const quiet = { error() {}, warn() {}, info() {}, verbose() {}, debug() {} }
      client = new DaprClient({
        daprHost: '127.0.0.1',
        daprPort: String(server.port),
        communicationProtocol: CommunicationProtocolEnum.HTTP,
        logger: { service: quiet },
      })
      url = server.url
      closers.push(
        async () => client.stop(),
        async () => server.close(),
        close,
      )
    }, 30_000)
    afterAll(async () => {
      for (const close of closers) await close()
    }, 30_000)

    /** The state once it is like this; the server holds its answers, so nothing is slept through. */
    async function until(id: string, holds: (state: State) => boolean): Promise<State> {
      for (;;) {
        const now = await state(id)
        if (holds(now)) return now
        const since = encodeURIComponent(now.lastUpdatedAt.toISOString())
        await fetch(`${url}/v1.0/workflows/dapr/${id}?wait=1&until=change&since=${since}`)
      }
    }

    async function state(id: string): Promise<State> {
      return client.workflow.getWorkflowState(id)
    }

    async function ready(id: string): Promise<State> {
      return until(id, ({ properties }) => properties['dapr.workflow.custom_status'] === 'waiting')
    }

    test('a workflow is started, read, told, and its output read', async () => {
      const { workflow } = client
      expect(await workflow.scheduleNewWorkflow('order', { product: 'laptop' }, 'first')).toBe('first')
      expect(await ready('first')).toMatchObject({
        instanceID: 'first',
        workflowName: 'order',
        runtimeStatus: 'RUNNING',
        properties: { 'dapr.workflow.input': '{"product":"laptop"}' },
      })
      await workflow.raiseEvent('first', 'Approval', { by: 'anna' })
      const done = await until('first', ({ runtimeStatus }) => String(runtimeStatus) !== 'RUNNING')
      expect(done).toMatchObject({
        runtimeStatus: 'COMPLETED',
        properties: { 'dapr.workflow.output': '"prepared laptop, approved by anna"' },
      })
      expect(done.createdAt.getTime()).toBeLessThanOrEqual(done.lastUpdatedAt.getTime())
    })

    test('a workflow is paused, takes nothing up, and is resumed (Dapr: raise)', async () => {
      const { workflow } = client
      const id = await workflow.scheduleNewWorkflow('order', { product: 'pen' })
      await ready(id)
      await workflow.pause(id)
      await until(id, ({ runtimeStatus }) => String(runtimeStatus) === 'SUSPENDED')
      await workflow.raiseEvent(id, 'approval', { by: 'bert' })
      expect(String((await state(id)).runtimeStatus)).toBe('SUSPENDED')
      await workflow.resume(id)
      await until(id, ({ runtimeStatus }) => String(runtimeStatus) === 'COMPLETED')
    })

    test('a workflow is terminated and purged, and its id is unknown then (Dapr: terminate/http, getnotfound)', async () => {
      const { workflow } = client
      const id = await workflow.scheduleNewWorkflow('order', { product: 'ink' })
      await ready(id)
      await expect(workflow.purge(id)).rejects.toThrow('ERR_PURGE_WORKFLOW')
      await workflow.terminate(id)
      await until(id, ({ runtimeStatus }) => String(runtimeStatus) === 'TERMINATED')
      await workflow.terminate(id)
      await workflow.purge(id)
      await expect(state(id)).rejects.toThrow('ERR_INSTANCE_ID_NOT_FOUND')
    })

    test('a failure is in the properties of Dapr, and there is no output (Dapr: failureoutput)', async () => {
      const id = await client.workflow.scheduleNewWorkflow('failing')
      const { properties } = await until(id, ({ runtimeStatus }) => String(runtimeStatus) === 'FAILED')
      expect(properties).toMatchObject({
        'dapr.workflow.failure.error_type': 'RangeError',
        'dapr.workflow.failure.error_message': 'no stock',
      })
      expect(properties).not.toHaveProperty(['dapr.workflow.output'])
    })

    test('the names of before 1.17 work too', async () => {
      // Typed here, because their published types mark them as deprecated.
      const workflow: unknown = client.workflow
      const old = workflow as {
        start(name: string, input: object): Promise<string>
        raise(id: string, event: string, data: object): Promise<void>
        get(id: string): Promise<object>
      }
      const id = await old.start('order', { product: 'paper' })
      await old.raise(id, 'approval', { by: 'carl' })
      await until(id, ({ runtimeStatus }) => String(runtimeStatus) === 'COMPLETED')
      expect(await old.get(id)).toMatchObject({ instanceID: id, workflowName: 'order' })
    })
  })
}
