// The same pattern in the style of Dapr's JavaScript SDK: an async generator that yields its tasks. One engine runs both styles.

import type { ActivityContext, WorkflowContext } from '../src/index.ts'

/** → `["Hello Tokyo!","Hello Seattle!","Hello London!"]` */
export async function* helloCities(ctx: WorkflowContext): AsyncGenerator<unknown, string[], string> {
  const cities: string[] = []

  const result1 = yield ctx.callActivity(hello, 'Tokyo')
  cities.push(result1)
  const result2 = yield ctx.callActivity(hello, 'Seattle')
  cities.push(result2)
  const result3 = yield ctx.callActivity(hello, 'London')
  cities.push(result3)

  return cities
}

export async function hello(ctx: ActivityContext, name: string): Promise<string> {
  ctx.logger.info(`Saying hello to ${name}`)
  return `Hello ${name}!`
}
