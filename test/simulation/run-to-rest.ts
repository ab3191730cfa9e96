// The main loop of a world: as that of the virtual clock, and faster, because here nobody does any real I/O. Between two appointments it
// is enough that the microtasks have run, unless a replay window is about to open: that takes a macrotask.

import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { windowsUnderWay } from '../../src/engine/window.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'

/** Lets time pass until nothing is left to happen, the limit is reached, or `done` says so. */
export async function runToRest(clock: VirtualClock, done: () => boolean, limitMs: number): Promise<void> {
  const until = clock.now() + limitMs
  for (;;) {
    await rest()
    if (done() || !clock.step(until)) return
  }
}

async function rest(): Promise<void> {
  await new Promise<void>(nextTick)
  if (windowsUnderWay() === 0) return
  do await nextMacrotask()
  while (windowsUnderWay() > 0)
  await new Promise<void>(nextTick)
}

function nextTick(resolve: () => void): void {
  process.nextTick(resolve)
}
