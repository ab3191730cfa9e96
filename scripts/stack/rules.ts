// Rules of EventBridge with a rate: the first call comes after one period.

import { randomUUID } from 'node:crypto'
import type { Connecting, Source } from './connecting.ts'
import type { DeployedFunction } from './deployed-function.ts'
import { place } from './names.ts'
import { part, type Properties } from './resources.ts'

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/** @param name of the rule */
export function connectRule(stack: Connecting, name: string, properties: Properties): Source {
  const { clock } = stack.cloud
  const everyMs = parseRate(part<string>(properties, 'ScheduleExpression'))
  const targets = part<readonly { readonly Arn: unknown }[]>(properties, 'Targets')
  const functions = targets.map(({ Arn }) => stack.functionOf(Arn))
  const ruleArn = `arn:aws:events:${place.region}:${place.accountId}:rule/${stack.stackName}-${name}`
  const stopping = new AbortController()

  async function run(): Promise<void> {
    for (let at = clock.now() + everyMs; ; at += everyMs) {
      await clock.sleep(at - clock.now(), stopping.signal)
      if (stopping.signal.aborted) return
      await Promise.all(functions.map(async (each) => call(each, at)))
    }
  }

  /** One that failed is not tried again here: the next is soon enough. */
  async function call(target: DeployedFunction, at: number): Promise<void> {
    try {
      await target.invoke(toScheduledEvent(ruleArn, at))
    } catch (error) {
      if (!stopping.signal.aborted) stack.logger.error(`${target.name}: a call failed`, { error })
    }
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** @returns ms */
function parseRate(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? []
  if (count !== undefined && unit !== undefined) return Number(count) * unitMs[unit as keyof typeof unitMs]
  throw new Error(`Schedules other than rates are not known here: ${expression}`)
}

function toScheduledEvent(ruleArn: string, at: number) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: place.accountId,
    time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: place.region,
    resources: [ruleArn],
    detail: {},
  }
}
