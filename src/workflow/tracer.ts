// What Tenuto needs of a tracer. That of `@opentelemetry/api` fits as it is, without a dependency on it: these are its shapes, no more.

/** Where a span is in its trace. */
export interface SpanContext {
  traceId: string
  spanId: string
  /** 1: sampled. */
  traceFlags: number
  isRemote?: boolean
}

export interface Span {
  spanContext(): SpanContext
  /** `code` 2: an error. */
  setStatus(status: { code: number; message?: string }): unknown
  /** @param endTime ms since the epoch */
  end(endTime?: number): void
}

export type SpanAttributes = Record<string, string | number | boolean | string[]>

export interface SpanOptions {
  /** 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  kind?: number
  attributes?: SpanAttributes
  links?: { context: SpanContext }[]
  /** Ms since the epoch. */
  startTime?: number
  /** Begins a trace of its own. */
  root?: boolean
}

/** OpenTelemetry's context, in which a span finds its parent. */
export interface TracerContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): TracerContext
  deleteValue(key: symbol): TracerContext
}

/**
 * `trace.getTracer('tenuto')` of `@opentelemetry/api`. Left out wherever one may be given: nothing is traced, and nothing of it is written.
 * What a tracer throws is logged and does no harm.
 */
export interface Tracer {
  startSpan(name: string, options?: SpanOptions, context?: TracerContext): Span
  /** The span is the active one while `fn` runs, so that what an activity calls belongs to it. */
  startActiveSpan<T>(name: string, options: SpanOptions, context: TracerContext, fn: (span: Span) => T): T
}
