// Random tests: how often they run. A failure prints its seed; `SEED=… RUNS=… npx vitest run <file>` runs it again or longer.

import * as fc from 'fast-check'

const seed = process.env['SEED']
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })

/** Runs of one property: the default, or `RUNS` from the environment. */
export function numRuns(byDefault: number): number {
  return Number(process.env['RUNS'] ?? byDefault)
}
