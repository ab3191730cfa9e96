// Steps of the protocol that are left out, or taken in another order.

import type { Delivery } from '../../../src/runtime/messages.ts'
import { projectionOf } from '../../../src/runtime/projection.ts'
import { isTerminal } from '../../../src/workflow/status.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import { aimed, calm, careless, faults, type Mutants, replacing, writing } from './making.ts'

export const protocol: Mutants = {
  'commands that are dispatched before the commit': {
    ...calm,
    mutant: {
      ports: (ports) =>
        withPorts(ports, {
          appendEpisode: async (key, episode) => {
            const asked = episode.commands.filter((command) => command.kind === 'scheduleTask')
            const { generation } = episode
            await ports.queue.send(
              asked.map(({ seq, name }) => {
                const call = { seq, name, generation, attempt: 1, firstSeq: seq }
                return { v: 1, kind: 'activity', ...key, ...call, token: ports.newId() }
              }),
            )
            return ports.store.appendEpisode(key, episode)
          },
        }),
    },
  },
  'acknowledging on error': {
    ...faults,
    mutant: {
      consumer: (host) => ({
        handle: async (batch) => {
          await host.handle(batch)
          return new Set(batch)
        },
        handleDead: (delivery) => host.handleDead(delivery),
      }),
    },
  },
  'acknowledging before the work is done': {
    ...faults,
    mutant: {
      consumer: (host) => ({
        handle: async (batch): Promise<ReadonlySet<Delivery>> => {
          void host.handle(batch)
          return new Set(batch)
        },
        handleDead: (delivery) => host.handleDead(delivery),
      }),
    },
  },
  'dead letters that nobody reads': {
    ...faults,
    mutant: { consumer: (host) => ({ handle: (batch) => host.handle(batch), handleDead: async () => {} }) },
  },
  'an episode that does not record its carrier': {
    ...faults,
    mutant: writing((episode, { newId }) => {
      episode.by = newId()
    }),
  },
  'a new generation that forgets the events which nobody took': {
    ...calm,
    mutant: writing((episode) => {
      if (episode.continuedAsNew) episode.continuedAsNew = { ...episode.continuedAsNew, events: [] }
    }),
  },
  'a new generation that forgets what the older ones consumed': {
    ...faults,
    mutant: writing((episode) => {
      if (episode.continuedAsNew) episode.continuedAsNew = { ...episode.continuedAsNew, consumed: [] }
    }),
  },
  'a parent that does not hear of its child': {
    ...calm,
    mutant: {
      ports: (ports) =>
        withPorts(ports, {
          putInbox: async (key, row) =>
            row.event.kind === 'childWorkflowCompleted' ? undefined : ports.store.putInbox(key, row),
        }),
    },
  },
  'a message that comes again is taken for done': {
    ...faults,
    mutant: {
      consumer: (host) => ({
        handle: async (batch) => {
          const first = batch.filter(({ receiveCount }) => receiveCount === 1)
          const again = batch.filter(({ receiveCount }) => receiveCount > 1)
          return new Set([...again, ...(await host.handle(first))])
        },
        handleDead: async (delivery) => host.handleDead(delivery),
      }),
    },
  },
  'a batch is acknowledged when one of its messages may be': {
    ...faults,
    mutant: {
      consumer: (host) => ({
        handle: async (batch) => {
          const acknowledged = await host.handle(batch)
          return acknowledged.size > 0 ? new Set(batch) : acknowledged
        },
        handleDead: async (delivery) => host.handleDead(delivery),
      }),
    },
  },
  'every batch is handled twice, side by side': {
    ...calm,
    mutant: {
      consumer: (host) => ({
        handle: async (batch) => {
          const [acknowledged] = await Promise.all([host.handle(batch), host.handle(batch)])
          return acknowledged
        },
        handleDead: async (delivery) => host.handleDead(delivery),
      }),
    },
  },
  'an episode without the lease for its inline activities': {
    ...calm,
    mutant: writing((episode) => {
      delete episode.lease
    }),
  },
  'a lease that nobody guards': {
    ...faults,
    mutant: writing((episode, { newId }) => {
      if (episode.lease) episode.lease = { ...episode.lease, by: newId() }
    }),
  },
  'a lease that never ends': {
    ...faults,
    mutant: writing((episode) => {
      if (episode.lease) episode.lease = { ...episode.lease, until: Number.MAX_SAFE_INTEGER }
    }),
  },
  'a new generation that forgets the carriers whose facts are still to come': {
    ...aimed,
    program: careless,
    mutant: writing((episode) => {
      const { continuedAsNew } = episode
      if (!continuedAsNew) return
      const consumed = continuedAsNew.consumed.filter(([factId]) => !factId.startsWith('by:'))
      episode.continuedAsNew = { ...continuedAsNew, consumed }
    }),
  },
  'a claim that everybody is granted': {
    ...faults,
    mutant: replacing(() => ({ getAttempt: async () => undefined, putAttempt: async () => undefined })),
  },
  'a claim that never ends': {
    ...faults,
    mutant: replacing(({ store }) => ({
      putAttempt: async (key, row, replaces) =>
        store.putAttempt(key, { ...row, ...(row.until && { until: Number.MAX_SAFE_INTEGER }) }, replaces),
    })),
  },
  'a heartbeat that is not kept': {
    ...calm,
    mutant: replacing(({ store }) => ({
      putAttempt: async (key, row, replaces) =>
        row.details === undefined ? store.putAttempt(key, row, replaces) : undefined,
    })),
  },
  'an activity that is completed from outside, of which the history is not told': {
    ...calm,
    sweeper: true,
    mutant: replacing(({ store }) => ({
      async appendEpisode(key, episode) {
        if (!episode.events.some(({ kind }) => kind === 'activityDeferred'))
          return store.appendEpisode(key, episode)
        return { kind: 'committed' }
      },
    })),
  },
  'workflow time that goes back': {
    ...calm,
    mutant: writing((episode, { newId }) => {
      episode.at -= (Number(newId()) % 7) * 1_000
    }),
  },
  'an event between instances that has another id at each dispatch': {
    ...faults,
    mutant: replacing(({ store, newId }) => ({
      async putInbox(key, row) {
        if (!row.factId.startsWith('s:') || row.event.kind !== 'eventRaised') return store.putInbox(key, row)
        const id = `${row.factId}/${newId()}`
        return store.putInbox(key, { ...row, factId: id, event: { ...row.event, id } })
      },
    })),
  },
  'a child that is made anew when it is asked for again': {
    ...faults,
    mutant: replacing(({ store }) => ({
      async createInstance(row, replaces) {
        const present = await store.createInstance(row, replaces)
        if (!present || !row.parent) return present
        return store.createInstance(row, present.incarnation)
      },
    })),
  },
  'a cancelled activity that is not recorded as such': {
    ...faults,
    mutant: writing((episode) => {
      episode.commands = episode.commands.filter(({ kind }) => kind !== 'cancelTask')
    }),
  },
  'a rewind that forgets what succeeded': {
    ...calm,
    mutant: replacing(({ store }) => ({
      async createInstance(row, replaces) {
        const past = row.past && {
          ...row.past,
          turns: row.past.turns.map((turn) => ({ ...turn, events: [] })),
        }
        return store.createInstance({ ...row, ...(past && { past }) }, replaces)
      },
    })),
  },
  'a purge by force that tells nobody': {
    ...calm,
    program: [{ k: 'child', program: [{ k: 'timer', seconds: 1_800 }] }],
    mutant: replacing(({ store }) => ({
      async putInbox(key, row) {
        const { event } = row
        const isLost =
          event.kind === 'childWorkflowFailed' && event.failure.errorType === 'WorkflowTerminated'
        return isLost ? undefined : store.putInbox(key, row)
      },
    })),
  },
  'a termination that children do not hear of': {
    ...calm,
    program: [
      { k: 'child', program: Array.from({ length: 4 }, () => ({ k: 'timer', seconds: 1_800 }) as const) },
    ],
    mutant: replacing(({ store }) => ({
      async putInbox(key, row) {
        const isLost = row.event.kind === 'executionTerminated' && row.factId.includes('/')
        return isLost ? undefined : store.putInbox(key, row)
      },
    })),
  },
  'a purge that leaves the children': {
    ...calm,
    launches: [{ program: [{ k: 'child', program: [{ k: 'act', x: 5 }] }], next: [{ k: 'act', x: 7 }] }],
    mutant: replacing(({ store }) => ({
      async purge(key, at) {
        const row = await store.getInstance(key.instanceId)
        return row?.parent ? true : store.purge(key, at)
      },
    })),
  },
  'a life that makes way with its history unread': {
    ...faults,
    launches: [
      { program: [{ k: 'send' }, { k: 'start', program: [{ k: 'act', x: 5 }] }], next: [{ k: 'act', x: 7 }] },
    ],
    mutant: replacing(({ store }) => ({
      // Shown too early, which alone does no harm.
      async appendEpisode(key, episode) {
        const result = await store.appendEpisode(key, episode)
        if (result.kind === 'committed' && isTerminal(episode.status))
          await store.projectStatus(key, projectionOf(episode))
        return result
      },
      async readHistory(key) {
        const row = await store.getInstance(key.instanceId, 'row')
        return row && isTerminal(row.status) ? [] : store.readHistory(key)
      },
    })),
  },
  'a child that was refused and is made when its id is free': {
    ...calm,
    program: [
      {
        k: 'rivals',
        calls: [60, 90].map((seconds, x) => ({ x, place: 0, seconds, isPatient: false })),
      },
    ],
    mutant: replacing(({ store, queue, clock, newId }) => ({
      async createInstance(row, replaces) {
        const present = await store.createInstance(row, replaces)
        if (!row.parent || !present || present.parent?.seq === row.parent.seq) return present
        const later = async (): Promise<void> => {
          await clock.sleep(600_000)
          const { instanceId, incarnation } = row
          await store.createInstance(row, present.incarnation)
          const ring = {
            v: 1,
            kind: 'doorbell',
            instanceId,
            incarnation,
            token: newId(),
            factIds: ['start'],
          } as const
          await queue.send([ring])
        }
        void later()
        return present
      },
    })),
  },
  'a start that does not wait for its time': {
    ...calm,
    program: [{ k: 'start', program: [{ k: 'act', x: 5 }], inSeconds: 600 }],
    mutant: replacing(({ store }) => ({
      async createInstance({ startAt: _startAt, ...row }, replaces) {
        return store.createInstance(row, replaces)
      },
    })),
  },
  'an answer about a patch that is not recorded': {
    ...calm,
    program: [{ k: 'patched', x: 5 }],
    mutant: writing((episode) => {
      delete episode.patches
    }),
  },
}
