// Stores that do not keep what they promise.

import { factIdOf } from '../../../src/engine/events.ts'
import type { AppendResult } from '../../../src/runtime/ports.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import { aimed, answering, calm, careless, faults, type Mutants, replacing, writing } from './making.ts'

export const stores: Mutants = {
  'a store that ignores the condition of an append': {
    ...calm,
    mutant: answering((result) => (result.kind === 'lost' ? { kind: 'committed' } : result)),
  },
  'an append that failed counts as done': {
    ...faults,
    mutant: {
      ports: (ports) =>
        withPorts(ports, {
          appendEpisode: (key, episode) =>
            ports.store.appendEpisode(key, episode).catch((): AppendResult => ({ kind: 'committed' })),
        }),
    },
  },
  'a lost race is taken for the end of the life, and acknowledged': {
    ...calm,
    mutant: answering((result) => (result.kind === 'lost' ? { kind: 'gone' } : result)),
  },
  'a store that makes an instance although there is one': {
    ...faults,
    mutant: {
      ports: (ports) =>
        withPorts(ports, {
          createInstance: async (row, replaces) => {
            const present = await ports.store.createInstance(row, replaces)
            return present && ports.store.createInstance(row, present.incarnation)
          },
        }),
    },
  },
  'a start that nobody knows when it is made again': {
    ...faults,
    program: [
      { k: 'start', program: [] },
      { k: 'act', x: 5 },
    ],
    mutant: replacing(({ store, newId }) => ({
      createInstance: (row, replaces) =>
        store.createInstance(row.startKey?.startsWith('d:') ? { ...row, startKey: newId() } : row, replaces),
    })),
  },
  'undoing that nobody writes down': {
    ...calm,
    program: [{ k: 'kept', x: 5 }, { k: 'undo' }],
    mutant: writing((episode) => {
      episode.commands = episode.commands.filter((command) => !('rollbackOf' in command))
    }),
  },
  'outcomes that are announced and not kept': {
    ...calm,
    mutant: { ports: (ports) => withPorts(ports, { putOutcomes: async () => {} }) },
  },
  'inbox rows that are deleted before the commit': {
    ...faults,
    mutant: {
      ports: (ports) =>
        withPorts(ports, {
          appendEpisode: async (key, episode) => {
            await ports.store.deleteInbox(key, episode.events.map(factIdOf))
            return ports.store.appendEpisode(key, episode)
          },
        }),
    },
  },
  'a store that trims the episodes of messages that are still under way': {
    ...aimed,
    program: careless,
    mutant: {
      backend: ({ queue }) => {
        queue.isCarried = () => false
      },
    },
  },
  'a store that trims the inputs of activities that are still to be run': {
    ...faults,
    program: careless,
    mutant: {
      backend: ({ queue }) => {
        queue.needsInputsOf = () => false
      },
    },
  },
  'a stall that is not marked': {
    ...faults,
    mutant: replacing(() => ({ setStalled: async () => true })),
  },
  'a stall that anybody ends, whosever mark it is': {
    ...aimed,
    program: careless,
    mutant: replacing(({ store, clock }) => ({
      setStalled: async (key, stall, at) => {
        // A slow one: what may come between is rare otherwise.
        if (!stall) await clock.sleep(20_000)
        return store.setStalled(key, stall, at)
      },
    })),
  },
  'a status that is never shown': {
    ...calm,
    mutant: replacing(() => ({ projectStatus: async () => {} })),
  },
  'a row that forgets its custom status': {
    ...calm,
    mutant: replacing(({ store }) => ({
      async projectStatus(key, projection) {
        const { customStatus: _, ...rest } = projection
        await store.projectStatus(key, rest)
      },
    })),
  },
  'a history that is cut off after a page': {
    ...calm,
    mutant: replacing(({ store }) => ({
      async read(key, after) {
        const record = await store.read(key, after)
        return { ...record, episodes: record.episodes.slice(0, 4) }
      },
    })),
  },
  'inbox rows that are deleted with those that were consumed': {
    ...calm,
    mutant: replacing(({ store }) => ({
      async deleteInbox(key) {
        const { inbox } = await store.read(key)
        await store.deleteInbox(
          key,
          inbox.map(({ factId }) => factId),
        )
      },
    })),
  },
  'a resume that is accepted and not kept': {
    ...calm,
    mutant: replacing(({ store }) => ({
      putInbox: async (key, row) =>
        row.event.kind === 'executionResumed' ? undefined : store.putInbox(key, row),
    })),
  },
  'an event that is accepted and not kept': {
    ...calm,
    mutant: replacing(({ store }) => ({
      putInbox: async (key, row) => (row.factId.startsWith('e:') ? undefined : store.putInbox(key, row)),
    })),
  },
  'a read that does not wait for what is being written': {
    ...faults,
    mutant: {
      ports(ports) {
        const seen = new Map<string, Awaited<ReturnType<typeof ports.store.read>>>()
        return withPorts(ports, {
          async read(key, after) {
            const record = await ports.store.read(key, after)
            const before = after === undefined ? seen.get(key.incarnation) : undefined
            if (after === undefined) seen.set(key.incarnation, record)
            return before ?? record
          },
        })
      },
    },
  },
}
