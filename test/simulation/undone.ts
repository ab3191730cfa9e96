// U: what is undone is undone once, after it was done, one after the other, and of two calls the one that completed later is undone first,
// unless it was done after the undoing had begun.

import type { Episode } from '../../src/runtime/episode.ts'

/** What is wrong in a history. */
export function undoneWrongly(line: readonly Episode[]): readonly string[] {
  const wrong: string[] = []
  /** Calls that have completed, by generation and number, in order. */
  let done: string[] = []
  const undone = new Set<string>()
  let undoing: string | undefined
  /** The last one that was undone: its place among those that had completed by then, and how many these were. */
  let last: { readonly at: number; readonly of: number } | undefined
  let generation = 0
  for (const { generation: of, events, commands } of line) {
    if (of !== generation) {
      done = []
      undoing = undefined
      last = undefined
      generation = of
    }
    for (const event of events) {
      if (!('seq' in event)) continue
      const id = `${of}.${event.seq}`
      if (event.kind === 'taskCompleted' || event.kind === 'childWorkflowCompleted') done.push(id)
      if (undoing === id) undoing = undefined
    }
    for (const command of commands) {
      if (command.kind !== 'scheduleTask' || command.rollbackOf === undefined) continue
      const id = `${of}.${command.rollbackOf}`
      if (undoing !== undefined) wrong.push(`${id} is being undone together with ${undoing}`)
      undoing = `${of}.${command.seq}`
      if (undone.has(id)) wrong.push(`${id} is undone twice`)
      undone.add(id)
      if (!done.includes(id)) wrong.push(`${id} is undone before it was done`)
      const at = done.indexOf(id)
      if (last && at > last.at && at < last.of) wrong.push(`${id} is undone after what was done before it`)
      last = { at, of: done.length }
    }
  }
  return wrong
}
