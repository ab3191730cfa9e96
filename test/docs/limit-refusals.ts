// Programs that use as much of a limit as they are told to, and say what they were refused with.

import { failureAfter } from '../../scripts/docs/examples/long-history.ts'
import { inWorld } from '../../scripts/docs/examples/memory-world.ts'
import { answerOfSocket } from '../../scripts/docs/examples/socket.ts'
import { createHttpApi } from '../../src/http/api.ts'
import { checkFilter } from '../../src/runtime/instance-filter.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import type { RaiseEventRequest, StartRequest } from '../../src/runtime/management.ts'
import { createMemoryBackend } from '../../src/testing/memory-backend.ts'
import { defineApp } from '../../src/workflow/app.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { isTenutoError } from '../../src/workflow/errors.ts'
import type { limits } from '../../src/workflow/limits.ts'

export interface Refusal {
  readonly name: keyof typeof limits
  readonly code: string
  /** Uses as much as it is told to. @returns the code that it was refused with */
  readonly use: (amount: number) => Promise<string | undefined>
  /** Where the count is not known to the byte: so much less certainly passes, and so much more certainly not. */
  readonly slack?: number
}

export const text = (length: number): string => 'x'.repeat(length)
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

async function codeOf(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    if (isTenutoError(error)) return error.code
    throw error
  }
}

async function started(request: Partial<StartRequest>): Promise<string | undefined> {
  const management = createManagement(createMemoryBackend().ports)
  return codeOf(async () => management.start({ workflowName: 'order', ...request }))
}

async function raised(request: Partial<RaiseEventRequest>, times = 1): Promise<string | undefined> {
  const management = createManagement(createMemoryBackend().ports)
  await management.start({ workflowName: 'order', instanceId: 'order-7' })
  return codeOf(async () => {
    for (let at = 0; at < times; at++) {
      await management.raiseEvent({ instanceId: 'order-7', eventName: 'paid', ...request })
    }
  })
}

/** What the management API answers about an instance that is there. */
async function answered(path: string, init?: RequestInit): Promise<string | undefined> {
  const management = createManagement(createMemoryBackend().ports)
  await management.start({ workflowName: 'order', instanceId: 'order-7' })
  const api = createHttpApi({ ...management, waitFor: async (instanceId) => management.get(instanceId) })
  const response = await api(new Request(`http://localhost${path}`, init))
  const { errorCode } = (await response.json()) as { errorCode?: string }
  return errorCode
}

/** What the body of a workflow is refused with. */
async function called(body: (ctx: WorkflowContext) => unknown): Promise<string | undefined> {
  let code: string | undefined
  const app = defineApp({
    workflows: {
      async order(ctx: WorkflowContext) {
        code = await codeOf(async () => body(ctx))
      },
    },
  })
  await inWorld({ app }, async (world) => world.run('order'))
  return code
}

/** How the deepest of so many levels of children fails. */
async function nestedChildren(depth: number): Promise<string | undefined> {
  let code: string | undefined
  async function nest(ctx: WorkflowContext, left: number): Promise<void> {
    if (left === 0) return
    try {
      await ctx.callChildWorkflow(nest, left - 1)
    } catch (error) {
      code ??= (error as { failure?: { code?: string } }).failure?.code
    }
  }
  const top = async (ctx: WorkflowContext): Promise<void> => nest(ctx, depth)
  await inWorld({ app: defineApp({ workflows: { top, nest } }) }, async (world) => world.run('top'))
  return code
}

const instancePath = '/v1.0/workflows/dapr/order-7'

export const refusals: readonly Refusal[] = [
  {
    name: 'instanceIdCharacters',
    code: 'ERR_INSTANCE_ID_TOO_LONG',
    use: async (length) => started({ instanceId: text(length) }),
  },
  {
    name: 'childInstanceIdCharacters',
    code: 'INVALID_ARGUMENT',
    use: async (length) => called((ctx) => ctx.sendEvent(text(length), 'paid')),
  },
  {
    name: 'nameCharacters',
    code: 'INVALID_ARGUMENT',
    use: async (length) => raised({ eventName: text(length) }),
  },
  {
    name: 'eventIdCharacters',
    code: 'INVALID_ARGUMENT',
    use: async (length) => raised({ eventId: text(length) }),
  },
  {
    name: 'payloadBytes',
    code: 'PAYLOAD_TOO_LARGE',
    use: async (bytes) => started({ input: text(bytes) }),
  },
  {
    name: 'payloadDepth',
    code: 'PAYLOAD_TOO_DEEP',
    use: async (levels) => started({ input: nested(levels) }),
  },
  { name: 'eventBuffer', code: 'ERR_EVENT_BUFFER_FULL', use: async (count) => raised({}, count) },
  {
    name: 'tags',
    code: 'INVALID_ARGUMENT',
    use: async (count) =>
      started({ tags: Object.fromEntries(Array.from({ length: count }, (_, at) => [`tag-${at}`, 'x'])) }),
  },
  {
    name: 'tagNameCharacters',
    code: 'INVALID_ARGUMENT',
    use: async (length) => started({ tags: { [text(length)]: 'x' } }),
  },
  {
    name: 'tagValueCharacters',
    code: 'INVALID_ARGUMENT',
    use: async (length) => started({ tags: { team: text(length) } }),
  },
  {
    name: 'pageInstances',
    code: 'INVALID_ARGUMENT',
    use: async (pageSize) =>
      codeOf(async () => createManagement(createMemoryBackend().ports).list({ pageSize })),
  },
  {
    name: 'filterNames',
    code: 'INVALID_ARGUMENT',
    use: async (count) =>
      codeOf(async () => checkFilter({ workflowNames: Array.from({ length: count }, () => 'order') })),
  },
  {
    name: 'reasonCharacters',
    code: 'ERR_MALFORMED_REQUEST',
    use: async (length) =>
      answered(`${instancePath}/pause`, { method: 'POST', body: JSON.stringify({ reason: text(length) }) }),
  },
  {
    name: 'waitSeconds',
    code: 'ERR_MALFORMED_REQUEST',
    use: async (seconds) => answered(`${instancePath}?wait=${seconds}`),
  },
  {
    name: 'urlCharacters',
    code: 'ERR_URI_TOO_LONG',
    use: async (length) => answered(`${instancePath}?`.padEnd(length - 'http://localhost'.length, 'x')),
  },
  {
    name: 'headerBytes',
    code: 'ERR_HEADERS_TOO_LARGE',
    slack: 64, // Node counts names and values, not what stands between
    use: async (bytes) => {
      const head = `POST ${instancePath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\nCookie: `
      const { code } = await answerOfSocket(`${head.padEnd(bytes, 'x')}\r\n\r\n{}`)
      return code === '' ? undefined : code
    },
  },
  {
    name: 'commandsPerTurn',
    code: 'TOO_MANY_COMMANDS',
    use: async (count) =>
      called((ctx) => {
        for (let at = 0; at < count; at++) ctx.sendEvent('order-8', 'paid')
      }),
  },
  {
    name: 'generationFacts',
    code: 'HISTORY_TOO_LONG',
    use: async (facts) => (await failureAfter(facts - 1))?.code,
  },
  { name: 'childDepth', code: 'CHILD_NOT_STARTED', use: nestedChildren },
]
