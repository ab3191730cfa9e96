// Defects that somebody might bring in, each put where a host meets the world. The simulation must find every one of them.

import { factIdOf } from '../../src/engine/events.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Delivery, Message } from '../../src/runtime/messages.ts'
import type { AppendResult, Ports } from '../../src/runtime/ports.ts'
import { withPorts } from '../support/intercept-ports.ts'
import type { Program } from './programs.ts'
import type { Mutant, WorldOptions } from './world.ts'

export interface MutantCase extends WorldOptions {
  readonly mutant: Mutant
}

const faults = { faults: true } as const
const aimed = { faults: true, aimed: true } as const
const calm = { faults: false } as const

/** Changes messages on their way out; undefined: the message is lost. */
function sending(change: (message: Message) => Message | undefined): Mutant {
  return {
    ports: (ports) =>
      withPorts(ports, {
        send: (messages, delayMs) =>
          ports.queue.send(
            messages.map(change).filter((message) => message !== undefined),
            delayMs,
          ),
      }),
  }
}

/** Changes an episode before it is written, in memory too. */
function writing(
  change: (episode: { -readonly [K in keyof Episode]: Episode[K] }, ports: Ports) => void,
): Mutant {
  return {
    ports: (ports) =>
      withPorts(ports, {
        appendEpisode: (key, episode) => {
          change(episode, ports)
          return ports.store.appendEpisode(key, episode)
        },
      }),
  }
}

/** Answers an append otherwise than the store did. */
function answering(change: (result: AppendResult) => AppendResult): Mutant {
  return {
    ports: (ports) =>
      withPorts(ports, {
        appendEpisode: async (key, episode) => change(await ports.store.appendEpisode(key, episode)),
      }),
  }
}

const withoutRing = (isLost: (factId: string) => boolean): Mutant =>
  sending((message) => (message.kind === 'doorbell' && message.factIds.some(isLost) ? undefined : message))

const swallow = (): void => {}

/** Generations in a row, more than a handler opens at once, each with an activity that nobody awaits. */
const manyGenerations = Array.from({ length: 25 }).reduce<Program>(
  (next) => [
    { k: 'detached', x: 7 },
    { k: 'can', next },
  ],
  [{ k: 'act', x: 5 }],
)

/** Sends and asks for what nobody awaits, and goes on to new generations. */
const careless = ['a', 'b', 'a'].reduce<Program>(
  (next, name) => [{ k: 'event', name }, { k: 'send' }, { k: 'detached', x: 3 }, { k: 'can', next }],
  [{ k: 'act', x: 5 }],
)

const stores: Readonly<Record<string, MutantCase>> = {
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
}

const messages: Readonly<Record<string, MutantCase>> = {
  'a queue that loses the last message of a batch, and says nothing': {
    ...calm,
    mutant: {
      ports: (ports) =>
        withPorts(ports, {
          send: (all, delayMs) => ports.queue.send(all.length > 1 ? all.slice(0, -1) : all, delayMs),
        }),
    },
  },
  'a send that failed counts as done': {
    ...faults,
    mutant: {
      ports: (ports) =>
        withPorts(ports, { send: (all, delayMs) => ports.queue.send(all, delayMs).catch(swallow) }),
    },
  },
  'a timer that could not be set is forgotten': {
    ...faults,
    mutant: {
      ports: (ports) =>
        withPorts(ports, { schedule: (timers) => ports.timers.schedule(timers).catch(swallow) }),
    },
  },
  'timers that fire early': {
    ...calm,
    mutant: {
      ports: (ports) =>
        withPorts(ports, {
          schedule: (timers) =>
            ports.timers.schedule(timers.map((timer) => ({ ...timer, dueAt: timer.dueAt - 500 }))),
        }),
    },
  },
  'a doorbell that names one row of several': {
    ...faults,
    mutant: sending((message) =>
      message.kind === 'doorbell' ? { ...message, factIds: message.factIds.slice(0, 1) } : message,
    ),
  },
  'no ring for an event from outside': { ...calm, mutant: withoutRing((factId) => factId.startsWith('e:')) },
  'no ring for outcomes in the inbox': { ...calm, mutant: withoutRing((factId) => factId.startsWith('t:')) },
  'a token that is made from the fact, so that a second ring is a second carrier': {
    ...calm,
    mutant: sending((message) =>
      message.kind === 'doorbell'
        ? { ...message, token: `${message.incarnation}/${message.factIds.join()}` }
        : message,
    ),
  },
  'a message that is sent again under another token': {
    ...calm,
    program: manyGenerations,
    mutant: sendingAgain((message, ports) => ({ ...message, token: ports.newId() })),
  },
  'a message that is sent again and does not say what is dispatched': {
    ...calm,
    program: manyGenerations,
    mutant: sending((message) => ({ ...message, dispatchedTo: 0 })),
  },
  'a message without its input that does not say so': {
    ...calm,
    mutant: sending((message) => {
      if (message.kind !== 'activity') return message
      const { inputInHistory: _, ...rest } = message
      return rest
    }),
  },
  'a message that says from the first that all is dispatched': {
    ...faults,
    mutant: sending((message) => ({ ...message, dispatchedTo: 1_000 })),
  },
}

const protocol: Readonly<Record<string, MutantCase>> = {
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
}

/** Changes copies: messages whose token was sent before. */
function sendingAgain(change: (message: Message, ports: Ports) => Message): Mutant {
  return {
    ports: (ports) =>
      withPorts(ports, {
        send: (all, delayMs) =>
          ports.queue.send(
            all.map((message) => (message.dispatchedTo === undefined ? message : change(message, ports))),
            delayMs,
          ),
      }),
  }
}

export const mutants: Readonly<Record<string, MutantCase>> = { ...stores, ...messages, ...protocol }
