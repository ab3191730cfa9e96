// Queues and timers that lose, change or misdirect what they are given.

import { withPorts } from '../../support/intercept-ports.ts'
import {
  calm,
  faults,
  manyGenerations,
  type Mutants,
  replacing,
  sending,
  sendingAgain,
  swallow,
  withoutRing,
} from './making.ts'

export const messages: Mutants = {
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
  'a timer for a completion that nobody sets': {
    ...calm,
    program: [{ k: 'unanswered', x: 3, seconds: 60 }],
    mutant: {
      ports: (ports) => withPorts(ports, { schedule: async () => {} }),
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
  'a message that is sent again fourfold, each time': {
    ...faults,
    mutant: {
      ports: (ports) =>
        withPorts(ports, {
          send: (all, delayMs) =>
            ports.queue.send(
              all.flatMap((message) =>
                message.dispatchedTo === undefined ? [message] : [message, message, message, message],
              ),
              delayMs,
            ),
        }),
    },
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
  'a start that nobody rings for': { ...calm, mutant: withoutRing((factId) => factId === 'start') },
  'no ring for the outcome of a child': {
    ...calm,
    mutant: withoutRing((factId) => factId.startsWith('t:') && !factId.includes('#')),
  },
  'a nudge that is lost': {
    ...faults,
    mutant: sending((message) => (message.kind === 'nudge' ? undefined : message)),
  },
  'messages that nobody waits for until they are sent': {
    ...faults,
    mutant: replacing(({ queue }) => ({
      async send(all, delayMs) {
        void queue.send(all, delayMs).catch(swallow)
      },
    })),
  },
  'timers that nobody waits for until they are set': {
    ...faults,
    mutant: replacing(({ timers }) => ({
      async schedule(all) {
        void timers.schedule(all).catch(swallow)
      },
    })),
  },
  'a timer that is set for the first generation, whichever asked for it': {
    ...calm,
    mutant: replacing(({ timers }) => ({
      schedule: async (all) => timers.schedule(all.map((timer) => ({ ...timer, generation: 1 }))),
    })),
  },
  'a cancellation that takes the next timer along': {
    ...calm,
    mutant: replacing(({ timers }) => ({
      cancel: async (key, generation, all) =>
        timers.cancel(
          key,
          generation,
          all.flatMap((timer) => [timer, ...[1, 2, 3].map((more) => ({ ...timer, seq: timer.seq + more }))]),
        ),
    })),
  },
  'an activity that is sent as one of the generation before': {
    ...calm,
    mutant: sending((message) =>
      message.kind === 'activity' ? { ...message, generation: Math.max(1, message.generation - 1) } : message,
    ),
  },
  'an attempt that is always the first': {
    ...calm,
    mutant: sending((message) => (message.kind === 'activity' ? { ...message, attempt: 1 } : message)),
  },
}
