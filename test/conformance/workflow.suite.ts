// Whole workflows on a whole backend: what an author may rely on, whatever it is built on. A case that the conformance list of Dapr
// Workflow has too names it in its title.
import { describe, test } from 'vitest'
import { type Cases, opener } from './bench.ts'
import { basicCases } from './cases/basics.ts'
import { childCases } from './cases/children.ts'
import { eventCases } from './cases/events.ts'
import { retryCases } from './cases/retries.ts'
import { timerCases } from './cases/timers.ts'
import type { OpenHost } from './test-host.ts'

const groups: Readonly<Record<string, Cases>> = {
  activities: basicCases,
  children: childCases,
  events: eventCases,
  timers: timerCases,
  retries: retryCases,
}

/** Registers the suite. */
export function describeWorkflows(name: string, open: OpenHost): void {
  describe.each(Object.entries(groups))(`${name}: %s`, (_group, cases) => {
    for (const [title, run] of Object.entries(cases)) test(title, () => run(opener(open)))
  })
}
