/** List prices of us-east-1 in USD, and what an account has free each month (some of it in its first year only). Looked up 2026-11. */
export const prices = {
  sqsRequest: { usd: 0.4e-6, free: 1e6 },
  lambdaRequest: { usd: 0.2e-6, free: 1e6 },
  /** On arm64. */
  lambdaGbSecond: { usd: 0.0000133334, free: 400_000 },
  dynamoReadUnit: { usd: 0.125e-6, free: 0 },
  dynamoWriteUnit: { usd: 0.625e-6, free: 0 },
  /** Of storage and of the backup that any second can be restored from. */
  dynamoGbMonth: { usd: 0.25 + 0.2, free: 0 },
  /** Each metric that an alarm looks at. */
  alarmMetric: { usd: 0.1, free: 10 },
  customMetric: { usd: 0.3, free: 10 },
  dashboard: { usd: 3, free: 3 },
  logGb: { usd: 0.5, free: 5 },
  schedulerInvocation: { usd: 1e-6, free: 14e6 },
  /** Up to 512 KB. */
  httpApiRequest: { usd: 1e-6, free: 1e6 },
  kmsRequest: { usd: 0.03 / 10_000, free: 20_000 },
  s3GbMonth: { usd: 0.023, free: 5 },
} as const

export type Priced = keyof typeof prices

/** List prices of what others bill for the like of a step; their Lambda requests, and what they bill for data, come on top. Looked up 2026-11. */
export const rivalPrices = [
  { what: 'Step Functions Standard: a state transition', usd: 25e-6 },
  { what: 'Lambda durable functions: a durable operation', usd: 8e-6 },
] as const
