// The fold of a history: what does not follow is no history.
import { expect, test } from 'vitest'
import type { Episode } from '../../src/runtime/episode.ts'
import { absorb, emptyState } from '../../src/runtime/instance-state.ts'

const key = { instanceId: 'order', incarnation: 'life-1' }
const episode = (n: number): Episode => ({
  n,
  generation: 1,
  nonce: `nonce-${n}`,
  by: 'token',
  at: n,
  events: [],
  commands: [],
  status: 'RUNNING',
})

test('a history with a gap, or that begins in the middle, is refused (DG: runtimestate/StateIsValid)', () => {
  const state = emptyState(key)
  expect(() => absorb(state, episode(2))).toThrow('begins at 2')
  absorb(state, episode(1))
  expect(() => absorb(state, episode(3))).toThrow('episode 3 of order follows 1')
  expect(() => absorb(state, episode(1))).toThrow('episode 1 of order follows 1')
  absorb(state, episode(2))
  expect(state.n).toBe(2)
})
