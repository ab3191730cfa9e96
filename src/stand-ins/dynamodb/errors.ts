import { ServiceError } from '../service-error.ts'
import type { Item } from './values.ts'

export function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message)
}

/** A write whose condition does not hold; it may carry the item that is in the way. */
export class ConditionFailed extends ServiceError {
  readonly item: Item | undefined

  constructor(item: Item | undefined) {
    super('ConditionalCheckFailedException', 'The conditional request failed')
    this.item = item
  }
}
