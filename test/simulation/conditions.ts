// What a world is like: which faults strike in it, how often and until when, and how its queues and hosts are set up. All of it follows
// from the seed. Each class of faults is off in every third world, so that they are met alone as well as together.

import type { FaultRates } from './faults.ts'
import type { Rng } from './rng.ts'

export const minute = 60_000
export const hour = 60 * minute

export interface WorldOptions {
  /** Default: none go wrong. */
  readonly faults?: boolean
  /** Faults that come from nothing but crashes and freezes, aimed at redelivery. */
  readonly aimed?: boolean
  readonly sweeper?: boolean
  /** All messages and timers are lost once. Only the sweeper can make up for that. */
  readonly wipe?: boolean
}

export interface Conditions {
  readonly rates: FaultRates
  /** Ms from the beginning until which faults strike. */
  readonly faultsMs: number
  /** Share of messages that come twice. */
  readonly duplicates: number
  /** Share of timers that fire twice. */
  readonly duplicateTimers: number
  /** The most by which a timer fires late, ms. */
  readonly lateTimersMs: number
  /** Share of deliveries that say they are the first. */
  readonly miscounts: number
  /** The most by which the clock of a host is wrong, ms. */
  readonly skewMs: number
  /** Inputs do not fit messages. */
  readonly largeInputs: boolean
  readonly workflowBatch: number
  readonly activityBatch: number
  /** Messages become visible at multiples of this, ms, so that they come in batches; 0: each at its own time. */
  readonly gatherMs: number
  /** Instances on a page of a list. */
  readonly pageSize: number
  /** Limits so low that they are met. */
  readonly lowLimits: boolean
  /** Code that does not fit the histories is deployed, and taken back; ms from the beginning. */
  readonly misfit?: { readonly fromMs: number; readonly toMs: number }
  /** When everything in the queues is lost, ms from the beginning. */
  readonly wipeMs?: number
  readonly sweepEveryMs?: number
  /** Clients come over HTTP. */
  readonly http: boolean
  readonly aws: AwsConditions
}

/** What is so on AWS alone. */
interface AwsConditions {
  /** Share of queries whose page ends early. */
  readonly pageCuts: number
  /** Share of requests after which their service does not answer for a while. */
  readonly outages: number
  /** Share of the items of a batch that are left for later. */
  readonly leaves: number
  /** The most by which the index of instances is behind, ms. */
  readonly indexLagMs: number
  /** A receive gets fewer messages than there are. */
  readonly shortReceives: boolean
  /** Items, batches and requests so small that much is kept and sent in parts. */
  readonly smallItems: boolean
  readonly maximumConcurrency: number
  /** For which a batch that is not full waits for more. */
  readonly windowSeconds: number
  /** After which Lambda has given up a turn. */
  readonly turnSeconds: number
  readonly activitySeconds: number
  readonly retention: { readonly any?: '30d' }
}

const noFaults: FaultRates = {
  crash: 0,
  throttle: 0,
  ambiguous: 0,
  late: 0,
  slow: 0,
  freeze: 0,
  partial: 0,
}

export function conditionsOf(rng: Rng, { faults, aimed, sweeper, wipe }: WorldOptions): Conditions {
  const rate = (most: number): number => (rng.chance(0.35) ? 0 : rng.next() * most)
  const swarm: FaultRates = {
    crash: rate(0.08),
    throttle: rate(0.15),
    ambiguous: rate(0.08),
    late: rate(0.03),
    slow: rate(0.05),
    freeze: rate(0.05),
    partial: rate(0.2),
  }
  const faultsMs = faults ? rng.int(5, 90) * minute : 0
  const isAny = faults && !aimed
  const misfitFrom = rng.int(1, 40) * minute
  return {
    rates: aimed ? { ...noFaults, crash: 0.12, freeze: 0.15 } : swarm,
    faultsMs,
    duplicates: rate(0.1),
    duplicateTimers: rate(0.3),
    lateTimersMs: isAny ? rate(2) * minute : 0,
    miscounts: rate(0.5),
    skewMs: isAny && rng.chance(0.3) ? rng.int(10, 60_000) : 0,
    largeInputs: rng.chance(0.33),
    workflowBatch: rng.int(1, 10),
    activityBatch: rng.int(1, 5),
    pageSize: rng.int(1, 4),
    lowLimits: rng.chance(0.4),
    ...(isAny &&
      rng.chance(0.2) && { misfit: { fromMs: misfitFrom, toMs: misfitFrom + rng.int(5, 60) * minute } }),
    ...(wipe && { wipeMs: rng.int(minute, hour) }),
    ...(sweeper && { sweepEveryMs: rng.int(1, 5) * minute }),
    gatherMs: rng.chance(0.3) ? rng.int(100, 10_000) : 0,
    http: rng.chance(0.1),
    aws: awsConditionsOf(rng, rate),
  }
}

function awsConditionsOf(rng: Rng, rate: (most: number) => number): AwsConditions {
  return {
    pageCuts: rate(0.3),
    outages: rate(0.01),
    leaves: rate(0.3),
    indexLagMs: rate(10_000),
    shortReceives: rng.chance(0.5),
    smallItems: rng.chance(0.4),
    maximumConcurrency: rng.int(2, 10),
    windowSeconds: rng.chance(0.3) ? rng.int(1, 5) : 0,
    turnSeconds: rng.int(15, 60),
    activitySeconds: rng.int(20, 120),
    // Longer than any world lasts.
    retention: rng.chance(0.3) ? { any: '30d' } : {},
  }
}
