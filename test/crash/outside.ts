// What the outside does to a workflow under crash tests: one call after the other, each at its time, repeated until it is answered.

import type { Management } from '../../src/runtime/management.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import { errorCatalogue } from '../../src/workflow/error-catalogue.ts'
import { isTenutoError } from '../../src/workflow/errors.ts'
import type { CrashWorkflow } from './workflows.ts'

/** After this an answer is taken for lost. */
const patienceMs = 30_000
const pauseMs = 1_000
/** Not there yet, or nothing is known. */
const asksAgain: ReadonlySet<number | undefined> = new Set([404, 503])

/** @param management asked for at every call: the host of the one before may be dead */
export async function playOutside(
  { outside }: CrashWorkflow,
  clock: Clock,
  management: () => Management,
): Promise<void> {
  const beginning = clock.now()
  for (const { at, call } of outside) {
    await clock.sleep(beginning + at * 1_000 - clock.now())
    while (!(await isAnswered(async () => call(management()), clock))) await clock.sleep(pauseMs)
  }
}

/** That the instance has ended is an answer, too. */
async function isAnswered(call: () => Promise<unknown>, clock: Clock): Promise<boolean> {
  const answered = new AbortController()
  const tooLong = clock.sleep(patienceMs, answered.signal).then(() => false)
  const answer = call().then(
    () => true,
    (error: unknown) => isTenutoError(error) && !asksAgain.has(errorCatalogue[error.code].http),
  )
  try {
    return await Promise.race([answer, tooLong])
  } finally {
    answered.abort()
  }
}
