// Whole workflows on a whole backend: what an author may rely on, whatever it is built on. A case that the conformance list of Dapr
// Workflow has too names it in its title (DG: durabletask-go, MJ: durabletask-js).

import { describe, expect, test } from 'vitest'
import { type Cases, opener } from './bench.ts'
import { basicCases } from './cases/basics.ts'
import { boundedCases } from './cases/bounded.ts'
import { childIdCases } from './cases/child-ids.ts'
import { childCases } from './cases/children.ts'
import { completeLaterCases } from './cases/complete-later.ts'
import { compositeCases } from './cases/composites.ts'
import { contextCases } from './cases/contexts.ts'
import { continueAsNewCases } from './cases/continue-as-new.ts'
import { controlCases } from './cases/control.ts'
import { detachedCases } from './cases/detached.ts'
import { eventTimerCases } from './cases/event-timers.ts'
import { eventCases } from './cases/events.ts'
import { historyCases } from './cases/histories.ts'
import { inlineCases } from './cases/inline.ts'
import { purgeCases, scheduledStartCases, startCases } from './cases/lives.ts'
import { longActivityCases } from './cases/long-activities.ts'
import { mistakeCases } from './cases/mistakes.ts'
import { customStatusCases, raiseCases, sendEventCases, waitCases } from './cases/outside.ts'
import { payloadCases } from './cases/payloads.ts'
import { purgeByForceCases } from './cases/purge-by-force.ts'
import { listCases, manyCases, reuseCases } from './cases/queries.ts'
import { rerunEventCases } from './cases/rerun-events.ts'
import { rerunCases } from './cases/rerun.ts'
import { restartCases } from './cases/restart.ts'
import { retryCases } from './cases/retries.ts'
import { retryRuleCases } from './cases/retry-rules.ts'
import { rewindCases } from './cases/rewind.ts'
import { rollbackCases } from './cases/rollbacks.ts'
import { takenIdCases } from './cases/taken-ids.ts'
import { timerCases } from './cases/timers.ts'
import { tracingCases } from './cases/tracing.ts'
import type { OpenHost } from './test-host.ts'

export const groups: Readonly<Record<string, Cases>> = {
  activities: basicCases,
  'activities that complete later': completeLaterCases,
  'inline activities': inlineCases,
  'long activities': longActivityCases,
  composites: compositeCases,
  contexts: contextCases,
  'written wrongly': mistakeCases,
  children: childCases,
  'ids of children': childIdCases,
  'children with a bound': boundedCases,
  'detached starts': detachedCases,
  events: eventCases,
  'events in time': eventTimerCases,
  'raising events': raiseCases,
  'events between instances': sendEventCases,
  timers: timerCases,
  retries: retryCases,
  'rules of retries': retryRuleCases,
  rollbacks: rollbackCases,
  'continue-as-new': continueAsNewCases,
  'suspend, resume, terminate': controlCases,
  starts: startCases,
  'ids that are taken': reuseCases,
  'ids that descendants hold': takenIdCases,
  'scheduled starts': scheduledStartCases,
  restart: restartCases,
  rerun: rerunCases,
  'rerun from timers, events and children': rerunEventCases,
  rewind: rewindCases,
  purge: purgeCases,
  'purge by force': purgeByForceCases,
  lists: listCases,
  'acts on many': manyCases,
  waiting: waitCases,
  'custom status': customStatusCases,
  payloads: payloadCases,
  histories: historyCases,
  tracing: tracingCases,
}

/** Titles of cases that cannot hold somewhere, and why. */
export type Exceptions = Readonly<Record<string, string>>

/** Registers the suite. */
export function describeWorkflows(name: string, open: OpenHost, exceptions: Exceptions = {}): void {
  const unknown = Object.keys(exceptions).filter(
    (title) => !Object.values(groups).some((cases) => Object.hasOwn(cases, title)),
  )
  if (unknown.length > 0) throw new Error(`No case is called ${unknown.join(', ')}.`)
  describe.each(Object.entries(groups))(`${name}: %s`, (_group, cases) => {
    const held = Object.entries(cases).filter(([title]) => !Object.hasOwn(exceptions, title))
    test.each(held)('%s', async (_title, run) => {
      expect.hasAssertions()
      await run(opener(open))
    })
  })
}
