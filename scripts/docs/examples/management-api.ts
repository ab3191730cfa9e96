// Codes of the management API, as a client of HTTP gets them.

import { createHttpClient } from '../../../src/client/http-client.ts'
import { createHttpApi } from '../../../src/http/api.ts'
import { defineApp } from '../../../src/workflow/app.ts'
import type { ActivityContext, WorkflowContext } from '../../../src/workflow/context.ts'
import { limits } from '../../../src/workflow/limits.ts'
import { inWorld, type World } from './memory-world.ts'
import { answerExample, type Example, type Scenario, type Scenarios, thrownBy } from './scenario.ts'
import { answerOfSocket } from './socket.ts'

const workflows = '/v1.0/workflows/dapr'
const complete = `${workflows}/activities/complete`
let token = ''
const app = defineApp({
  activities: {
    async ask(ctx: ActivityContext) {
      token = await ctx.completeLater()
    },
  },
  workflows: {
    approval: async (ctx: WorkflowContext) => ctx.callActivity('ask'),
    order: async (ctx: WorkflowContext) => ctx.waitForExternalEvent('paid'),
    done: async () => {},
  },
})

type Post = (path: string, init?: RequestInit) => Promise<Example>

/** The answer to what `ask` posts last. Instance `order-7` waits for its payment, `done-1` has ended. */
function answerTo(ask: (post: Post, world: World) => Promise<Example>): Scenario {
  return async () =>
    inWorld({ app }, async (world) => {
      await world.run('order')
      await world.run('done', 'done-1')
      const api = createHttpApi(world.management)
      const post: Post = async (path, init) => {
        const request = new Request(`http://localhost:3500${path}`, { method: 'POST', ...init })
        const response = await api(request)
        const text = await response.text()
        return response.ok ? { code: '', message: text } : answerExample(response.status, text)
      }
      return ask(post, world)
    })
}

/** Instance `approval-7` waits for an answer. @returns the body that gives it */
async function asked(world: World): Promise<string> {
  await world.run('approval', 'approval-7')
  return JSON.stringify({ token, output: 'yes' })
}

const onEnded = (command: string): Scenario =>
  answerTo(async (post) => post(`${workflows}/done-1/${command}`))

export const managementApi: Scenarios = {
  ERR_INSTANCE_ID_INVALID: answerTo(async (post) => post(`${workflows}/order/start?instanceID=order%207`)),
  ERR_INSTANCE_ID_TOO_LONG: answerTo(async (post) =>
    post(`${workflows}/order/start?instanceID=${'7'.repeat(65)}`),
  ),
  ERR_INSTANCE_ID_PROVIDED_MISSING: answerTo(async (post) => post(`${workflows}//terminate`)),
  ERR_WORKFLOW_NAME_MISSING: answerTo(async (post) => post(`${workflows}//start`)),
  ERR_WORKFLOW_EVENT_NAME_MISSING: answerTo(async (post) => post(`${workflows}/order-7/raiseEvent/`)),
  ERR_INSTANCE_ID_NOT_FOUND: answerTo(async (post) => post(`${workflows}/order-9/terminate`)),
  ERR_START_WORKFLOW: answerTo(async (post) =>
    post(`${workflows}/order/start?instanceID=order-7`, { body: '{"sku":"A1"}' }),
  ),
  ERR_RAISE_EVENT_WORKFLOW: onEnded('raiseEvent/paid'),
  ERR_EVENT_ID_CONFLICT: answerTo(async (post) => {
    const headers = { 'Idempotency-Key': 'payment-31' }
    await post(`${workflows}/order-7/raiseEvent/paid`, { headers, body: '5' })
    return post(`${workflows}/order-7/raiseEvent/paid`, { headers, body: '6' })
  }),
  ERR_ACTIVITY_TOKEN_INVALID: answerTo(async (post) => post(complete, { body: '{"token":"secret"}' })),
  ERR_COMPLETE_ACTIVITY: answerTo(async (post, world) => {
    const body = await asked(world)
    await world.management.terminate('approval-7')
    await world.rest()
    return post(complete, { body })
  }),
  ERR_ACTIVITY_OUTCOME_CONFLICT: answerTo(async (post, world) => {
    const body = await asked(world)
    await post(complete, { body })
    return post(complete, { body: body.replace('"yes"', '"no"') })
  }),
  ERR_PAUSE_WORKFLOW: onEnded('pause'),
  ERR_RESUME_WORKFLOW: onEnded('resume'),
  ERR_EVENT_BUFFER_FULL: answerTo(async (post, { management }) => {
    const event = { instanceId: 'order-7', eventName: 'shipped' }
    for (let raised = 0; raised < limits.eventBuffer; raised++) await management.raiseEvent(event)
    return post(`${workflows}/order-7/raiseEvent/shipped`)
  }),
  ERR_PURGE_WORKFLOW: answerTo(async (post) => post(`${workflows}/order-7/purge`)),
  ERR_RESTART_WORKFLOW: answerTo(async (post) => post(`${workflows}/order-7/restart`)),
  ERR_RERUN_WORKFLOW: answerTo(async (post) => post(`${workflows}/order-7/rerun`, { body: '{"eventID":1}' })),
  ERR_RERUN_EVENT_NOT_FOUND: answerTo(async (post) =>
    post(`${workflows}/done-1/rerun`, { body: '{"eventID":1}' }),
  ),
  ERR_REWIND_WORKFLOW: answerTo(async (post) => post(`${workflows}/done-1/rewind`)),
  ERR_MALFORMED_REQUEST: answerTo(async (post) =>
    post(`${workflows}/order-7/terminate`, { body: '{output:5}' }),
  ),
  ERR_WORKFLOW_APP_ID_INVALID: answerTo(async (post) => post(`${workflows}/order-7/pause?appID=a/b`)),
  ERR_BODY_READ: answerTo(async (post) => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error('gone')) })
    return post(`${workflows}/order/start`, { body, duplex: 'half' })
  }),
  ERR_FORBIDDEN_ORIGIN: answerTo(async (post) =>
    post(`${workflows}/order/start`, { headers: { 'Sec-Fetch-Site': 'cross-site' } }),
  ),
  ERR_NOT_FOUND: answerTo(async (post) => post(`${workflows}/order-7/reopen`)),
  ERR_METHOD_NOT_ALLOWED: answerTo(async (post) => post(`${workflows}/order-7/start`, { method: 'PUT' })),
  ERR_REQUEST_TIMEOUT: async () =>
    answerOfSocket(
      `POST ${workflows}/order/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"sku"`,
    ),
  ERR_URI_TOO_LONG: answerTo(async (post) =>
    post(`${workflows}/order/start?startTime=${'0'.repeat(limits.urlCharacters)}`),
  ),
  ERR_HEADERS_TOO_LARGE: async () => {
    const header = `Cookie: ${'x'.repeat(limits.headerBytes)}`
    return answerOfSocket(`GET ${workflows}/order-7 HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`)
  },
  UNEXPECTED_RESPONSE: async () => {
    const client = createHttpClient('https://example.com', {
      fetch: async () => new Response('<h1>Sign in</h1>', { status: 401 }),
    })
    return thrownBy(async () => client.getWorkflowState('order-7'))
  },
}
