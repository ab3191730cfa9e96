// Redrive: a task takes the messages of a dead-letter queue back to where they came from, or elsewhere. They arrive as new messages.

import type { Clock } from '../../runtime/ports.ts'
import { sqsError, wholeNumber } from './errors.ts'
import { limits } from './limits.ts'
import type { StandInQueue } from './queue.ts'
import type { Queues } from './queues.ts'

type Status = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED'

interface MoveTask {
  readonly handle: string
  readonly source: StandInQueue
  readonly destinationArn: string | undefined
  readonly rate: number | undefined
  readonly startedAt: number
  readonly toMove: number
  moved: number
  status: Status
  failure: string | undefined
}

export interface StartInput {
  readonly SourceArn?: string
  readonly DestinationArn?: string
  readonly MaxNumberOfMessagesPerSecond?: number
}

export class MoveTasks {
  readonly #clock: Clock
  readonly #queues: Queues
  readonly #tasks: MoveTask[] = []

  constructor(clock: Clock, queues: Queues) {
    this.#clock = clock
    this.#queues = queues
  }

  start({ SourceArn: sourceArn = '', DestinationArn: destinationArn, ...input }: StartInput): {
    TaskHandle: string
  } {
    const rate = wholeNumber(
      input.MaxNumberOfMessagesPerSecond,
      'MaxNumberOfMessagesPerSecond',
      1,
      limits.moveRate,
    )
    const source = this.#resource(sourceArn, 'SourceArn')
    if (this.#queues.sourcesOf(sourceArn).length === 0) {
      throw refused('Source queue must be configured as a Dead Letter Queue.')
    }
    if (destinationArn !== undefined) this.#resource(destinationArn, 'DestinationArn')
    if (this.#tasks.some((task) => task.source === source && task.status === 'RUNNING')) {
      const rule = 'Only one active task is allowed for a source queue arn at a given time.'
      throw refused(`There is already a task running. ${rule}`)
    }
    const task: MoveTask = {
      handle: Buffer.from(`${this.#tasks.length} ${sourceArn}`).toString('base64'),
      source,
      destinationArn,
      rate,
      startedAt: this.#clock.now(),
      toMove: source.counts().visible,
      moved: 0,
      status: 'RUNNING',
      failure: undefined,
    }
    this.#tasks.push(task)
    void this.#run(task)
    return { TaskHandle: task.handle }
  }

  cancel({ TaskHandle: handle }: { readonly TaskHandle?: string }): object {
    const task = this.#tasks.find((each) => each.handle === handle)
    if (!task) throw sqsError('ResourceNotFoundException', 'Task does not exist.')
    if (task.status !== 'RUNNING') throw refused('Only active tasks can be cancelled.')
    task.status = 'CANCELLING'
    return { ApproximateNumberOfMessagesMoved: task.moved }
  }

  /** The newest first. */
  list({
    SourceArn: sourceArn = '',
    ...input
  }: {
    readonly SourceArn?: string
    readonly MaxResults?: number
  }) {
    const most = wholeNumber(input.MaxResults, 'MaxResults', 1, 10) ?? 1
    const source = this.#resource(sourceArn, 'SourceArn')
    const found = this.#tasks.filter((task) => task.source === source).toReversed()
    return { Results: found.slice(0, most).map(toResult) }
  }

  /** Without a rate everything goes at once, but after the answer to the request. */
  async #run(task: MoveTask): Promise<void> {
    const { source, rate } = task
    while (task.status === 'RUNNING') {
      await this.#clock.sleep(rate === undefined ? 0 : 1000 / rate)
      if (task.status !== 'RUNNING') break
      const message = source.takeOut()
      if (!message) task.status = 'COMPLETED'
      else {
        const target = this.#queues.byArn(task.destinationArn ?? message.deadLetterSource ?? '')
        if (target) {
          target.adopt(message.draft, {})
          task.moved++
        } else {
          source.adopt(message.draft, message)
          task.status = 'FAILED'
          task.failure = 'AWS.SimpleQueueService.NonExistentQueue'
        }
      }
    }
    if (task.status === 'CANCELLING') task.status = 'CANCELLED'
  }

  #resource(arn: string, parameter: string): StandInQueue {
    const queue = this.#queues.byArn(arn)
    if (queue) return queue
    throw sqsError(
      'ResourceNotFoundException',
      `The resource that you specified for the ${parameter} parameter doesn't exist.`,
    )
  }
}

function toResult({
  handle,
  source,
  destinationArn,
  rate,
  startedAt,
  toMove,
  moved,
  status,
  failure,
}: MoveTask) {
  return {
    ...(status === 'RUNNING' && { TaskHandle: handle }),
    Status: status,
    SourceArn: source.identity.arn,
    ...(destinationArn !== undefined && { DestinationArn: destinationArn }),
    ...(rate !== undefined && { MaxNumberOfMessagesPerSecond: rate }),
    ApproximateNumberOfMessagesMoved: moved,
    ApproximateNumberOfMessagesToMove: toMove,
    ...(failure !== undefined && { FailureReason: failure }),
    StartedTimestamp: startedAt,
  }
}

function refused(message: string) {
  return sqsError('InvalidParameterValueException', message)
}
