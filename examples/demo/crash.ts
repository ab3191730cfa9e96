// The claim of the specification, tried: of 100 parallel activities some 40 have completed when the process is killed; after the restart
// exactly the others run.

import { outcomesOnDisk } from './outcomes-on-disk.ts'
import type { Report } from './report.ts'
import {
  type LogRecord,
  type ServerProcess,
  type ServerProcessOptions,
  startServerProcess,
} from './server-process.ts'

/** Which work items a life of the server began and finished, by the task ids in its log. */
export class WorkLog {
  readonly began = new Set<number>()
  readonly finished = new Set<number>()

  readonly take = ({ activity, taskId, result }: LogRecord): void => {
    if (activity !== 'processWorkItem' || typeof taskId !== 'number') return
    if (result === undefined) this.began.add(taskId)
    else this.finished.add(taskId)
    for (const listener of this.#listeners) listener()
  }

  readonly #listeners = new Set<() => void>()

  /** Resolves once so many items are finished. */
  async untilFinished(count: number): Promise<void> {
    if (this.finished.size >= count) return
    await new Promise<void>((resolve) => this.#listeners.add(() => this.finished.size >= count && resolve()))
  }
}

export interface CrashReport {
  readonly server: ServerProcess
  /** Items whose outcome was on disk when the process died. */
  readonly done: ReadonlySet<number>
  /** Items that ran but had no outcome on disk yet: they run once more. */
  readonly inFlight: ReadonlySet<number>
  /** What runs after the restart. */
  readonly after: WorkLog
}

/** Items take their time in the first life, so that there is a middle to die in, and none in the second. */
export const unhurried = { WORK_ITEM_MS: '100' }

/** Kills the server as soon as `count` items are finished, and starts it again on the same folder. */
export async function crashAt(
  count: number,
  server: ServerProcess,
  before: WorkLog,
  instanceId: string,
  options: ServerProcessOptions,
): Promise<CrashReport> {
  await before.untilFinished(count)
  await server.kill()
  const durable = await outcomesOnDisk(options.dataDir, instanceId)
  const done = new Set([...before.began].filter((taskId) => durable.has(taskId)))
  const inFlight = new Set([...before.began].filter((taskId) => !durable.has(taskId)))
  const after = new WorkLog()
  const again = await startServerProcess({ ...options, env: {}, onLog: after.take })
  return { server: again, done, inFlight, after }
}

/** Whether what ran after the restart is what was missing on disk, no more and no less. */
export function exactlyTheOthersRan(
  { done, inFlight, after }: CrashReport,
  size: number,
  report: Report,
): boolean {
  // Task 1 makes the batch, the items follow.
  const others = Array.from({ length: size }, (_, at) => at + 2).filter((taskId) => !done.has(taskId))
  const exactly = others.length === after.began.size && others.every((taskId) => after.began.has(taskId))
  const again = [...after.began].filter((taskId) => inFlight.has(taskId)).length
  report.say(
    exactly
      ? `exactly the other ${others.length} ran (${again} of them were in flight when the process died)`
      : `${after.began.size} ran after the restart, but ${others.length} were missing`,
  )
  return exactly && after.finished.size === others.length
}
