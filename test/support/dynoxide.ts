// Suites that need dynoxide: one server for each file of tests, an empty table for each test.

import { describe } from 'vitest'
import { noDynoxide } from '../../scripts/stack/dynoxide.ts'

if (noDynoxide) console.warn(`NOT RUN: tests of the DynamoDB store, because ${noDynoxide}.`)

/** The title of a suite that needs dynoxide: it says when the suite was not run. */
export function dynoxideTitle(title: string): string {
  return noDynoxide ? `${title} (NOT RUN: ${noDynoxide})` : title
}

/** A suite that needs dynoxide; where there is none its tests count as skipped. */
export function describeOnDynoxide(title: string, tests: () => void): void {
  // oxlint-disable-next-line vitest/valid-title, vitest/valid-describe-callback -- both are the caller's
  describe.skipIf(noDynoxide)(dynoxideTitle(title), tests)
}
