// Monitor: an eternal workflow. Each round checks, alerts, sleeps and continues as new, so its history stays that of one round.

import type { ActivityContext, WorkflowContext } from '../src/index.ts'
import { boolean, integer, number, optional, readFields, text } from './input.ts'

interface JobStatus {
  readonly jobId: string
  readonly isHealthy: boolean
  /** Default: 60. */
  readonly healthyIntervalSeconds?: number
  /** Default: 5. */
  readonly unhealthyIntervalSeconds?: number
  /** Ends the monitor after so many checks. Default: it never ends. */
  readonly maxChecks?: number
  /** Checks made in earlier rounds. */
  readonly checks?: number
}

const interval = optional(number({ min: 0, max: 7 * 24 * 60 * 60 }))
const count = optional(integer({ min: 1, max: Number.MAX_SAFE_INTEGER }))

/** `{"jobId":"nightly","isHealthy":true}` runs for ever; with `"maxChecks":10` it ends with `10`. */
export async function statusMonitor(ctx: WorkflowContext, input: JobStatus): Promise<number> {
  const job = readFields(input, {
    jobId: text(),
    isHealthy: boolean(),
    healthyIntervalSeconds: interval,
    unhealthyIntervalSeconds: interval,
    maxChecks: count,
    checks: count,
  })
  const checks = (job.checks ?? 0) + 1
  const status = await ctx.callActivity(checkStatus, { jobId: job.jobId, check: checks })
  ctx.setCustomStatus(`Check ${checks}: ${status}`)

  const isHealthy = status === 'healthy'
  if (job.isHealthy && !isHealthy) {
    await ctx.callActivity(sendAlert, `Job '${job.jobId}' is unhealthy!`)
  }
  if (job.maxChecks !== undefined && checks >= job.maxChecks) return checks

  // Look again soon when something is wrong, less often when all is well.
  await ctx.createTimer(isHealthy ? (job.healthyIntervalSeconds ?? 60) : (job.unhealthyIntervalSeconds ?? 5))

  ctx.continueAsNew({ ...job, isHealthy, checks })
  return checks
}

interface Check {
  readonly jobId: string
  /** From 1. */
  readonly check: number
}

/**
 * Stands in for a call to the job's health endpoint, with an answer that a test can foresee: of three checks in a row one finds the
 * job unhealthy, namely where the sum of the characters of its id and the number of the check is a multiple of three.
 */
export function checkStatus(ctx: ActivityContext, { jobId, check }: Check): 'healthy' | 'unhealthy' {
  const sum = [...Buffer.from(jobId)].reduce((total, byte) => total + byte, check)
  const status = sum % 3 === 0 ? 'unhealthy' : 'healthy'
  ctx.logger.info(`Job '${jobId}' is ${status}`)
  return status
}

export function sendAlert(ctx: ActivityContext, message: string): void {
  ctx.logger.warn(`*** Alert: ${message}`)
}
