// What the compiler knows about a test environment.

import { expectTypeOf } from 'vitest'
import type { ActivityCall, TestEnvironment } from '../../src/testing/index.ts'
import type { ActivityContext } from '../../src/workflow/context.ts'

declare const env: TestEnvironment

interface Order {
  readonly id: number
}

async function charge(_ctx: ActivityContext, order: Order): Promise<string> {
  return String(order.id)
}
function notify(_ctx: ActivityContext): void {}

// A stand-in takes what the activity takes, and gives what it gives, at once or later.
env.mockActivity(charge, (_ctx, { id }) => `receipt ${id}`)
env.mockActivity(charge, async (ctx, order) => {
  expectTypeOf(order).toEqualTypeOf<Order>()
  expectTypeOf(ctx).toEqualTypeOf<ActivityContext>()
  return 'receipt'
})
env.mockActivity(notify, () => {})
env.mockActivity('charge', (_ctx, order: Order) => order.id)

// @ts-expect-error -- a receipt is a text
env.mockActivity(charge, () => 5)
// @ts-expect-error -- an order has no such member
env.mockActivity(charge, (_ctx, { cost }) => String(cost))
// @ts-expect-error -- what is thrown is an error
env.failActivity(charge, { error: 'declined' })
// @ts-expect-error -- a duration has a unit
await env.advance('24')

expectTypeOf(env.calls(charge)).toEqualTypeOf<readonly ActivityCall<Order>[]>()
expectTypeOf(env.calls('charge')).toEqualTypeOf<readonly ActivityCall[]>()
expectTypeOf(env.calls()).toEqualTypeOf<readonly ActivityCall[]>()
