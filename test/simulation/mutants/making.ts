// How defects are made: something between a host and its ports.

import type { Episode } from '../../../src/runtime/episode.ts'
import type { Message } from '../../../src/runtime/messages.ts'
import type { AppendResult, Ports } from '../../../src/runtime/ports.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import type { Program } from '../programs.ts'
import type { WorldOptions } from '../world.ts'
import type { Mutant } from './mutant.ts'

export interface MutantCase extends WorldOptions {
  readonly mutant: Mutant
}

export type Mutants = Readonly<Record<string, MutantCase>>

type Methods = Partial<Ports['store'] & Ports['queue'] & Ports['timers']>

/** Replaces methods of the ports. */
export function replacing(replace: (ports: Ports) => Methods): Mutant {
  return { ports: (ports) => withPorts(ports, replace(ports)) }
}

export const faults = { faults: true } as const
export const aimed = { faults: true, aimed: true } as const
export const calm = { faults: false } as const

/** Changes messages on their way out; undefined: the message is lost. */
export function sending(change: (message: Message) => Message | undefined): Mutant {
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
export function writing(
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
export function answering(change: (result: AppendResult) => AppendResult): Mutant {
  return {
    ports: (ports) =>
      withPorts(ports, {
        appendEpisode: async (key, episode) => change(await ports.store.appendEpisode(key, episode)),
      }),
  }
}

export const withoutRing = (isLost: (factId: string) => boolean): Mutant =>
  sending((message) => (message.kind === 'doorbell' && message.factIds.some(isLost) ? undefined : message))

export const swallow = (): void => {}

/** Changes copies: messages whose token was sent before. */
export function sendingAgain(change: (message: Message, ports: Ports) => Message): Mutant {
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

/** Generations in a row, more than a handler opens at once, each with an activity that nobody awaits. */
export const manyGenerations = Array.from({ length: 25 }).reduce<Program>(
  (next) => [
    { k: 'detached', x: 7 },
    { k: 'can', next },
  ],
  [{ k: 'act', x: 5 }],
)

/** Sends and asks for what nobody awaits, and goes on to new generations. */
export const careless = ['a', 'b', 'a'].reduce<Program>(
  (next, name) => [{ k: 'event', name }, { k: 'send' }, { k: 'detached', x: 3 }, { k: 'can', next }],
  [{ k: 'act', x: 5 }],
)
