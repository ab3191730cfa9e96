// Suites that need dynoxide: one server for each file of tests, an empty table for each test.

import { afterAll, beforeAll, describe } from 'vitest'
import { type Dynoxide, noDynoxide, startDynoxide } from '../../scripts/stack/dynoxide.ts'
import { standInDatabase } from '../../scripts/stack/stand-in-database.ts'

if (noDynoxide) console.warn(`NOT RUN: tests of the DynamoDB store, because ${noDynoxide}.`)

/** A suite of whole workflows on a dynoxide of its own. @param tests get it while they run */
export function describeWithDynoxide(title: string, tests: (dynoxide: () => Dynoxide) => void): void {
  // oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
  describe.skipIf(noDynoxide)(dynoxideTitle(title), { timeout: 60_000 }, () => {
    let dynoxide: Dynoxide
    beforeAll(async () => {
      dynoxide = await startDynoxide()
    })
    afterAll(async () => dynoxide.close())
    tests(() => dynoxide)
  })
}

/** The title of a suite that needs dynoxide: it says when the suite was not run. */
export function dynoxideTitle(title: string): string {
  return noDynoxide ? `${title} (NOT RUN: ${noDynoxide})` : title
}

/** A suite that needs dynoxide; where there is none its tests count as skipped. */
export function describeOnDynoxide(title: string, tests: () => void): void {
  // oxlint-disable-next-line vitest/valid-title, vitest/valid-describe-callback -- both are the caller's
  describe.skipIf(noDynoxide)(dynoxideTitle(title), tests)
}

/** A DynamoDB: dynoxide, or the stand-in. */
export type TableServer = Pick<Dynoxide, 'client' | 'createTable' | 'close'>

let startServer: () => Promise<TableServer | undefined> = startIfThere

/** A suite that runs on dynoxide and on the stand-in of the simulator: what one does the other must do. */
export function describeOnTables(title: string, tests: () => void): void {
  describeOnDynoxide(title, tests)
  describe(`${title}, on the stand-in`, () => {
    startServer = startStandIn
    tests()
    startServer = startIfThere
  })
}

/** What starts the server of the suite that is being described. */
export function currentServer(): () => Promise<TableServer | undefined> {
  return startServer
}

async function startIfThere(): Promise<TableServer | undefined> {
  return noDynoxide ? undefined : startDynoxide()
}

async function startStandIn(): Promise<TableServer> {
  return { ...standInDatabase({ now: () => 0, sleep: async () => {} }), close: async () => {} }
}
