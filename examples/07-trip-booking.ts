// Saga: each step says what undoes it. When a later one fails for good, or the trip is called off, what was done is undone, the last first.

import { type ActivityContext, NonRetriableError, type WorkflowContext } from '../src/index.ts'
import { integer, number, readFields, text } from './input.ts'

interface Trip {
  readonly city: string
  readonly nights: number
  /** What the card can be charged with. */
  readonly cardLimit: number
}

interface Reservation {
  /** The same at every attempt: whoever reserves twice under it has reserved once. */
  readonly id: string
  readonly what: string
  readonly price: number
}

/** `{"city":"Lisbon","nights":3,"cardLimit":2000}` → `{"city":"Lisbon","paid":840}`; with `"cardLimit":500` it fails and leaves nothing reserved. */
export async function tripBooking(
  ctx: WorkflowContext,
  input: Trip,
): Promise<{ city: string; paid: number }> {
  const { city, nights, cardLimit } = readFields(input, {
    city: text(),
    nights: integer({ min: 1, max: 365 }),
    cardLimit: number({ min: 0, max: 1e9 }),
  })
  // An undo must come through, so it is tried for days. Its input is what the call gave.
  const rollback = {
    activity: cancelReservation,
    retry: { firstRetryInterval: 1, maxRetryInterval: 3600, backoffCoefficient: 2, maxNumberOfAttempts: 100 },
  }
  const flight = await ctx.callActivity(reserve, { what: `flight to ${city}`, price: 300 }, { rollback })
  const hotel = await ctx.callActivity(
    reserve,
    { what: `hotel in ${city}`, price: 120 * nights },
    { rollback },
  )
  const car = await ctx.callActivity(reserve, { what: `car in ${city}`, price: 60 * nights }, { rollback })

  const amount = flight.price + hotel.price + car.price
  await ctx.callActivity(chargeCard, { amount, cardLimit })
  return { city, paid: amount }
}

export function reserve(
  ctx: ActivityContext,
  { what, price }: { readonly what: string; readonly price: number },
): Reservation {
  ctx.logger.info(`Reserving the ${what} for ${price}`)
  return { id: ctx.idempotencyKey, what, price }
}

export function cancelReservation(ctx: ActivityContext, { what }: Reservation): void {
  ctx.logger.info(`Cancelling the ${what}`)
}

export function chargeCard(
  ctx: ActivityContext,
  { amount, cardLimit }: { readonly amount: number; readonly cardLimit: number },
): void {
  if (amount > cardLimit) throw new NonRetriableError(`The card was declined: ${amount} is above its limit.`)
  ctx.logger.info(`Charging ${amount}`)
}
