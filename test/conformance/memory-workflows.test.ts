// The suite three times: with instances that stay in memory between their turns, with instances that are replayed at every turn, and
// with messages of activities that never have room for an input.

import { expect, test } from 'vitest'
import type { Episode } from '../../src/runtime/episode.ts'
import { memoryHosts } from './memory-host.ts'
import type { OpenHost } from './test-host.ts'
import { describeWorkflows } from './workflow.suite.ts'

/** Histories of all instances of a case, by its title. */
type Histories = Map<string, Record<string, readonly Episode[]>[]>

/** Keeps the histories of each host when it is closed. */
function recorded(open: OpenHost, into: Histories): OpenHost {
  return async (app, logger, tracer) => {
    const host = await open(app, logger, tracer)
    const title = expect.getState().currentTestName?.split(' > ').at(-1) ?? ''
    return {
      ...host,
      async close() {
        const { instances } = await host.store.list({ limit: 1_000 })
        const histories = await Promise.all(
          instances.map(async (row) => [row.instanceId, await host.store.readHistory(row)] as const),
        )
        into.set(title, [...(into.get(title) ?? []), Object.fromEntries(histories)])
        await host.close()
      },
    }
  }
}

/** Here an activity raises events: a host that keeps the instance in memory does not look again before it commits the outcome. */
const inAnotherOrder = '(Dapr: agentloop)'

const live: Histories = new Map()
const replayed: Histories = new Map()
describeWorkflows('memory', recorded(memoryHosts(), live))
describeWorkflows('memory, replayed at every turn', recorded(memoryHosts({ liveInstances: 0 }), replayed))

describeWorkflows(
  'memory, with a queue that takes no inputs',
  memoryHosts({}, { fits: (message) => message.kind !== 'activity' || message.input === undefined }),
)

/** The newest generation as text. Ids are named anew, in order of appearance; stack traces, which show the host's own frames, and places in traces, which derive from ids, are left out, and so are places in messages: those of the past are not kept. */
function text(episodes: readonly Episode[] = []): string {
  // What is left of older generations is the store's affair.
  const newest = episodes.at(-1)?.generation
  const current = episodes.filter(({ generation }) => generation === newest)
  const json = JSON.stringify(current, (key, value: unknown) =>
    key === 'stackTrace' || key === 'trace' ? undefined : value,
  )
  const names = new Map<string, string>()
  return json.replaceAll(/ at [^ "]+:\d+:\d+/g, '').replaceAll(/id-\d+/g, (id) => {
    const name = names.get(id) ?? `the ${names.size + 1}th id`
    names.set(id, name)
    return name
  })
}

test('a live instance leaves the history, byte by byte, that one leaves which is replayed at every turn (Dapr: statefulhistory/baseline)', () => {
  expect(live.size).toBeGreaterThan(100)
  expect([...replayed.keys()]).toEqual([...live.keys()])
  for (const [title, hosts] of live) {
    if (title.includes(inAnotherOrder)) continue
    for (const [at, histories] of hosts.entries()) {
      for (const [instanceId, episodes] of Object.entries(histories))
        expect(text(replayed.get(title)?.[at]?.[instanceId]), `${title}: ${instanceId}`).toBe(text(episodes))
    }
  }
})
