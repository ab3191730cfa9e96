// The span of an attempt of an activity.

import type { ActivityDeferred } from '../engine/events.ts'
import { toFailureDetails } from '../workflow/failure.ts'
import type { Span } from '../workflow/tracer.ts'
import type { ActivityOutcome } from './activity-runner.ts'
import type { ActivityMessage } from './messages.ts'
import { attributesOf, errorCode, kinds, quietly, type TracedHost } from './spans.ts'
import { contextUnder, parseTraceparent, toTraceparent } from './trace-context.ts'

/**
 * Runs an attempt of an activity inside its span, so that what it calls belongs to it.
 * @param run is called once, whatever the tracer does, and given the message with the place of the span
 */
export async function traceActivity<T extends ActivityOutcome | ActivityDeferred>(
  { tracer, clock, logger }: TracedHost,
  message: ActivityMessage,
  run: (message: ActivityMessage) => Promise<T>,
): Promise<T> {
  const { name, seq, attempt } = message
  const parent = parseTraceparent(message.trace)
  if (!tracer || !parent) return run(message)
  const attributes = {
    ...attributesOf('activity', message),
    'durabletask.task.task_id': seq,
    'durabletask.task.attempt': attempt,
  }
  const options = { kind: kinds.server, attributes, startTime: clock.now() }
  let running: Promise<T> | undefined
  const runIn = (span: Span): void => {
    const trace = quietly(logger, () => toTraceparent(span.spanContext()))
    running = run(trace === undefined ? message : { ...message, trace })
    const end = (failure: string | undefined): void => {
      quietly(logger, () => {
        if (failure !== undefined) span.setStatus({ code: errorCode, message: failure })
        span.end(clock.now())
      })
    }
    running.then(
      (outcome) => end(outcome.kind === 'taskFailed' ? outcome.failure.message : undefined),
      (error: unknown) => end(toFailureDetails(error).message),
    )
  }
  quietly(logger, () => tracer.startActiveSpan(`activity||${name}`, options, contextUnder(parent), runIn))
  return running ?? run(message)
}
