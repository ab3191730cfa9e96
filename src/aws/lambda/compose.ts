// What every function has around its work, composed by middy: the invocation's time and id, a line in the log for what is thrown, and
// the user's own middlewares outside of both.

import withMiddlewares, { type MiddlewareObj } from '@middy/core'
import { type AwsBackend, createAwsBackend } from './backend.ts'
import type { LambdaContext, LambdaHandler } from './events.ts'

/** A middleware of middy: of a tracer, or Powertools' `logMetrics`. */
export interface Middleware {
  before?(request: MiddlewareRequest): unknown
  after?(request: MiddlewareRequest): unknown
  onError?(request: MiddlewareRequest): unknown
}

export interface MiddlewareRequest {
  readonly event: unknown
  readonly context: LambdaContext
  response: unknown
  readonly error: unknown
  readonly internal: Record<string, unknown>
}

export interface HandlerOptions {
  /** Default: the one that the environment describes. */
  readonly backend?: AwsBackend
  /** The first one is the outermost. Default: none. */
  readonly use?: readonly Middleware[]
}

/** @param prepare called once, while the container starts; what it returns does the work of each invocation */
export function lambdaHandler<Event, Result>(
  { backend = createAwsBackend(), use = [] }: HandlerOptions,
  prepare: (backend: AwsBackend) => (event: Event) => Promise<Result>,
): LambdaHandler<Event, Result> {
  const work = prepare(backend)
  // No early end: an invocation that answers while it still works would leave that work to the next one.
  const handler = withMiddlewares<Event, Result>({ timeoutEarlyInMillis: 0 })
  handler.use([...use, invocationOf(backend), errorsOf(backend)] as MiddlewareObj[])
  handler.handler(async (event: Event) => work(event))
  return async (event, context) => handler(event, context as never)
}

function invocationOf({ invocation }: AwsBackend): Middleware {
  return {
    before: ({ context }) => invocation.begin(context),
    after: () => invocation.end(),
    onError: () => invocation.end(),
  }
}

/** It is thrown on: Lambda counts it, and the messages come again. */
function errorsOf({ ports }: AwsBackend): Middleware {
  return {
    onError({ error }) {
      ports.logger.error('The invocation failed.', { error })
    },
  }
}
