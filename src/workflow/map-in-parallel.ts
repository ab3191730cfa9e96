// Bounded parallelism over activities, children or any other tasks: nothing but language constructs, so it replays as it ran.

import { TenutoError } from './errors.ts'

export interface MapOptions {
  /** Calls under way at once. At least 1. */
  readonly maxConcurrency: number
}

export interface TolerantMapOptions extends MapOptions {
  /** Calls that may fail. 0: none, but the results of the others are not lost on the way there. `'all'`: every one. */
  readonly toleratedFailures: number | 'all'
}

/**
 * Calls `call` for each item, with at most `maxConcurrency` calls at once; for workflow code.
 *
 * After a failure no further call begins; the failure is thrown once those under way have ended. With `toleratedFailures` failures are
 * results like any other until there are more of them than that.
 * @returns the results in the order of the items; with `toleratedFailures`, each with its status, as `Promise.allSettled` gives them
 * @throws TenutoError `INVALID_ARGUMENT`; else the failure that was one too many
 */
export async function mapInParallel<I, O>(
  items: readonly I[],
  call: (item: I, index: number) => PromiseLike<O>,
  options: TolerantMapOptions,
): Promise<PromiseSettledResult<O>[]>
export async function mapInParallel<I, O>(
  items: readonly I[],
  call: (item: I, index: number) => PromiseLike<O>,
  options: MapOptions,
): Promise<O[]>
export async function mapInParallel<I, O>(
  items: readonly I[],
  call: (item: I, index: number) => PromiseLike<O>,
  options: MapOptions | TolerantMapOptions,
): Promise<(O | PromiseSettledResult<O>)[]> {
  const { maxConcurrency } = options
  const tolerated = 'toleratedFailures' in options ? options.toleratedFailures : undefined
  check('maxConcurrency', maxConcurrency, 1)
  if (tolerated !== 'all' && tolerated !== undefined) check('toleratedFailures', tolerated, 0)
  const most = tolerated === 'all' ? items.length : (tolerated ?? 0)
  const results: PromiseSettledResult<O>[] = []
  const failures: unknown[] = []
  const waiting = items.entries()
  // Every lane takes the next item when its last one is done.
  async function lane(): Promise<void> {
    for (const [at, item] of waiting) {
      try {
        results[at] = { status: 'fulfilled', value: await call(item, at) }
      } catch (reason) {
        results[at] = { status: 'rejected', reason }
        failures.push(reason)
      }
      if (failures.length > most) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(maxConcurrency, items.length) }, lane))
  if (failures.length > most) throw failures[most]
  if (tolerated !== undefined) return results
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

function check(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new TenutoError('INVALID_ARGUMENT', `${name} must be an integer from ${least}, got ${String(value)}.`)
}
