// The kinds of worlds, by name, and which kind a seed of a campaign is.

import type { WorldOptions } from './conditions.ts'
import { Rng } from './rng.ts'

export const modes = {
  calm: {},
  'calm-swept': { sweeper: true },
  faults: { faults: true },
  aimed: { faults: true, aimed: true },
  swept: { faults: true, sweeper: true },
  'aimed-swept': { faults: true, aimed: true, sweeper: true },
  wiped: { faults: true, wipe: true, sweeper: true },
} as const satisfies Readonly<Record<string, WorldOptions>>

export type Mode = keyof typeof modes

type Shares = readonly (readonly [share: number, mode: Mode])[]

const withSweeper: Shares = [
  [0.05, 'calm-swept'],
  [0.2, 'wiped'],
  [0.2, 'aimed-swept'],
  [1, 'swept'],
]

const withoutSweeper: Shares = [
  [0.05, 'calm'],
  [0.3, 'aimed'],
  [1, 'faults'],
]

/** The kind of world that a seed stands for. */
export function modeOf(seed: number, hasSweeper: boolean): Mode {
  let at = new Rng(seed).fork('mode').next()
  for (const [share, mode] of hasSweeper ? withSweeper : withoutSweeper) {
    if (at < share) return mode
    at -= share
  }
  return hasSweeper ? 'swept' : 'faults'
}
