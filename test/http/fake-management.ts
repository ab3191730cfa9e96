// A runtime in memory without workflows: instances do what a test tells them. Its clock moves by one ms with every change.

import type { InstanceFilter } from '../../src/runtime/instance-filter.ts'
import type {
  InstanceView,
  Management,
  RaiseEventRequest,
  StartRequest,
  WaitUntil,
  WorkflowHistory,
} from '../../src/runtime/management.ts'
import { TenutoError } from '../../src/workflow/errors.ts'
import { isTerminal } from '../../src/workflow/status.ts'

type View = { -readonly [K in keyof InstanceView]: InstanceView[K] }

interface Instance {
  view: InstanceView
  readonly start: StartRequest
  readonly events: RaiseEventRequest[]
}

export interface FakeManagement extends Management {
  /** What was called, in order: name and arguments. */
  readonly calls: readonly (readonly [name: string, ...args: unknown[]])[]
  /** Changes an instance as its workflow would. */
  change(instanceId: string, change: Partial<InstanceView>): void
  /** Events of an instance, in order of acceptance. */
  events(instanceId: string): readonly RaiseEventRequest[]
  /** Gives an instance a history. */
  remember(instanceId: string, episodes: WorkflowHistory['episodes']): void
  /** Makes the next call of an operation throw, before it does anything. */
  failNext(operation: keyof Management, error: unknown): void
  /** Ids of the instances that somebody waits for now. */
  readonly waiting: readonly string[]
  /** Resolves once somebody waits for the instance. */
  untilWaited(instanceId: string): Promise<void>
  /** Resolves once nobody waits for the instance. */
  untilFree(instanceId: string): Promise<void>
}

export function fakeManagement(): FakeManagement {
  const instances = new Map<string, Instance>()
  const calls: [string, ...unknown[]][] = []
  const failures = new Map<string, unknown>()
  const histories = new Map<string, WorkflowHistory['episodes']>()
  const waiters = new Set<{ readonly id: string; readonly look: () => void }>()
  const watchers = new Set<() => void>()
  let now = Date.parse('2026-01-01T00:00:00.000Z')

  function record(name: string, ...args: unknown[]): void {
    calls.push([name, ...args])
    if (!failures.has(name)) return
    const error = failures.get(name)
    failures.delete(name)
    throw error
  }

  function known(instanceId: string): Instance {
    const instance = instances.get(instanceId)
    if (!instance) throw new TenutoError('ERR_INSTANCE_ID_NOT_FOUND', `Unknown: ${instanceId}`)
    return instance
  }

  function alive(
    instanceId: string,
    code: 'ERR_RAISE_EVENT_WORKFLOW' | 'ERR_PAUSE_WORKFLOW' | 'ERR_RESUME_WORKFLOW',
  ): Instance {
    const instance = known(instanceId)
    if (isTerminal(instance.view.status)) throw new TenutoError(code, `'${instanceId}' has ended.`)
    return instance
  }

  function change(instanceId: string, changes: Partial<InstanceView>): void {
    const instance = known(instanceId)
    instance.view = { ...instance.view, ...changes, lastUpdatedAt: new Date(++now) }
    for (const { look } of waiters) look()
  }

  async function when(condition: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!condition()) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  }

  function sameStart(a: StartRequest, b: StartRequest): boolean {
    return a.workflowName === b.workflowName && a.input === b.input && a.startAt === b.startAt
  }

  function meant({ instanceIdPrefix = '', tags = {}, workflowNames, createdFrom = 0 }: InstanceFilter) {
    return [...instances.values()]
      .map(({ view }) => view)
      .filter(({ instanceId }) => instanceId.startsWith(instanceIdPrefix))
      .filter(({ workflowName }) => workflowNames?.includes(workflowName) ?? true)
      .filter(({ createdAt }) => createdAt.getTime() >= createdFrom)
      .filter((view) => Object.entries(tags).every(([name, value]) => view.tags?.[name] === value))
  }

  const fake: FakeManagement = {
    calls,
    change,
    events: (instanceId) => known(instanceId).events,
    remember: (instanceId, episodes) => void histories.set(instanceId, episodes),
    failNext: (operation, error) => void failures.set(operation, error),
    get waiting() {
      return [...waiters].map(({ id }) => id)
    },
    untilWaited: async (instanceId) => when(() => fake.waiting.includes(instanceId)),
    untilFree: async (instanceId) => when(() => !fake.waiting.includes(instanceId)),
    async start(request) {
      record('start', request)
      const { instanceId = crypto.randomUUID(), workflowName, input, idempotencyKey } = request
      const present = instances.get(instanceId)
      const repeated = idempotencyKey !== undefined && present?.start.idempotencyKey === idempotencyKey
      if (present && (repeated || !isTerminal(present.view.status))) {
        if (sameStart(present.start, request)) return { instanceId }
        throw new TenutoError('ERR_START_WORKFLOW', `'${instanceId}' already exists.`)
      }
      const at = new Date(++now)
      const view: View = { instanceId, workflowName, status: 'PENDING', createdAt: at, lastUpdatedAt: at }
      if (input !== undefined) view.input = input
      if (request.tags) view.tags = request.tags
      instances.set(instanceId, { view, start: request, events: [] })
      return { instanceId }
    },
    async get(instanceId) {
      record('get', instanceId)
      return instances.get(instanceId)?.view
    },
    async list(request) {
      record('list', request)
      const { pageSize = 100, pageToken = '0', newestFirst = false } = request
      const views = meant(request)
      if (newestFirst) views.reverse()
      const end = Number(pageToken) + pageSize
      return {
        instances: views.slice(Number(pageToken), end),
        ...(end < views.length && { nextPageToken: String(end) }),
      }
    },
    async count(filter) {
      record('count', filter)
      return { count: meant(filter).length }
    },
    async actOnMany(request) {
      record('actOnMany', request)
      // One at a time, so that callers have to go on.
      const { act, filter, pageToken = '0' } = request
      const views = meant(filter)
      const view = views[Number(pageToken)]
      if (view && act.kind !== 'purge') {
        const status = { suspend: 'SUSPENDED', resume: 'RUNNING', terminate: 'TERMINATED' } as const
        change(view.instanceId, { status: status[act.kind] })
      }
      const next = Number(pageToken) + 1
      return { done: view ? 1 : 0, ...(next < views.length && { nextPageToken: String(next) }) }
    },
    async waitFor(instanceId, until, timeoutMs, signal) {
      record('waitFor', instanceId, until, timeoutMs)
      return new Promise((resolve, reject) => {
        const look = () => {
          const view = instances.get(instanceId)?.view
          if (!view || reached(view, until)) finish(() => resolve(view))
        }
        const waiter = { id: instanceId, look }
        const timer = setTimeout(() => finish(() => resolve(instances.get(instanceId)?.view)), timeoutMs)
        const abort = () => finish(() => reject(signal?.reason as Error))
        const finish = (settle: () => void) => {
          clearTimeout(timer)
          waiters.delete(waiter)
          for (const watch of watchers) watch()
          signal?.removeEventListener('abort', abort)
          settle()
        }
        waiters.add(waiter)
        signal?.addEventListener('abort', abort)
        look()
        if (signal?.aborted) abort()
        for (const watch of watchers) watch()
      })
    },
    async history(instanceId) {
      record('history', instanceId)
      return {
        instanceId,
        workflowName: known(instanceId).view.workflowName,
        episodes: histories.get(instanceId) ?? [],
      }
    },
    async raiseEvent(request) {
      record('raiseEvent', request)
      const { events } = alive(request.instanceId, 'ERR_RAISE_EVENT_WORKFLOW')
      const same = events.find(({ eventId }) => eventId !== undefined && eventId === request.eventId)
      if (!same) events.push(request)
      else if (same.data !== request.data || same.eventName !== request.eventName) {
        throw new TenutoError('ERR_EVENT_ID_CONFLICT', `'${request.eventId}' was used before.`)
      }
    },
    async completeActivity(request) {
      record('completeActivity', request)
    },
    async failActivity(request) {
      record('failActivity', request)
    },
    async suspend(instanceId, reason) {
      record('suspend', instanceId, reason)
      alive(instanceId, 'ERR_PAUSE_WORKFLOW')
      change(instanceId, { status: 'SUSPENDED' })
    },
    async resume(instanceId, reason) {
      record('resume', instanceId, reason)
      alive(instanceId, 'ERR_RESUME_WORKFLOW')
      change(instanceId, { status: 'RUNNING' })
    },
    async terminate(instanceId, output) {
      record('terminate', instanceId, output)
      if (isTerminal(known(instanceId).view.status)) return
      change(instanceId, { status: 'TERMINATED', ...(output !== undefined && { output }) })
    },
    async restart(request) {
      record('restart', request)
      const { instanceId, newInstanceId } = request
      const { view, start } = known(instanceId)
      if (newInstanceId === undefined) {
        if (!isTerminal(view.status)) throw new TenutoError('ERR_RESTART_WORKFLOW', 'It has not ended.')
        change(instanceId, { status: 'PENDING' })
        return { instanceId }
      }
      return fake.start({ ...start, instanceId: newInstanceId })
    },
    async rerun(request) {
      record('rerun', request)
      const { start } = known(request.instanceId)
      return fake.start({ ...start, instanceId: request.newInstanceId ?? crypto.randomUUID() })
    },
    async rewind(request) {
      record('rewind', request)
      const { instanceId } = request
      if (known(instanceId).view.status !== 'FAILED')
        throw new TenutoError('ERR_REWIND_WORKFLOW', 'It has not failed.')
      change(instanceId, { status: 'PENDING' })
      return { instanceId }
    },
    async purge(instanceId, { force = false } = {}) {
      record('purge', instanceId, ...(force ? [{ force }] : []))
      const { view } = known(instanceId)
      if (!force && !isTerminal(view.status)) {
        throw new TenutoError('ERR_PURGE_WORKFLOW', `'${instanceId}' has not yet completed.`)
      }
      instances.delete(instanceId)
    },
  }
  return fake
}

function reached({ status, lastUpdatedAt }: InstanceView, until: WaitUntil): boolean {
  if (isTerminal(status) || until === 'completion') return isTerminal(status)
  return until === 'start' ? status !== 'PENDING' : lastUpdatedAt > until.changeSince
}
