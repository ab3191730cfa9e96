// Places in a trace as texts, which messages and histories carry: `traceparent` of W3C Trace Context. The span of a generation is made
// when that ends, but its activities and children belong to it before: so its id is derived, and not the tracer's.

import { createHash } from 'node:crypto'
import type { ExecutionStarted } from '../engine/events.ts'
import type { SpanContext, TracerContext } from '../workflow/tracer.ts'

const pattern = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/

/** @returns undefined for what is no `traceparent`, of which W3C says that it is as good as none */
export function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = pattern.exec(text ?? '') ?? []
  const isNone = /^0*$/.test(traceId) || /^0*$/.test(spanId) || text?.startsWith('ff')
  return isNone ? undefined : { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}

export function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** Where the span of a generation is; undefined when it is not traced. */
export function generationSpan({
  trace,
  incarnation,
  generation,
}: ExecutionStarted): SpanContext | undefined {
  const parent = parseTraceparent(trace)
  if (!parent) return undefined
  const digest = createHash('sha256').update(`${incarnation}/${generation}`).digest('hex')
  return { ...parent, spanId: digest.slice(0, 16) }
}

/** Of the generation, for whatever it asks for. */
export function traceOf(started: ExecutionStarted | undefined): { readonly trace?: string } {
  const span = started?.trace === undefined ? undefined : generationSpan(started)
  return span ? { trace: toTraceparent(span) } : {}
}

/** By this key OpenTelemetry finds a span in a context, in every version of its API. */
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

/** A context in which a span elsewhere is the parent. */
export function contextUnder(span: SpanContext): TracerContext {
  const ignore = (): unknown => parent
  const parent = {
    spanContext: () => span,
    isRecording: () => false,
    end() {},
    setAttribute: ignore,
    setAttributes: ignore,
    addEvent: ignore,
    addLink: ignore,
    addLinks: ignore,
    setStatus: ignore,
    updateName: ignore,
    recordException() {},
  }
  return contextOf(new Map([[spanKey, parent]]))
}

function contextOf(values: ReadonlyMap<symbol, unknown>): TracerContext {
  return {
    getValue: (key) => values.get(key),
    setValue: (key, value) => contextOf(new Map([...values, [key, value]])),
    deleteValue: (key) => contextOf(new Map([...values].filter(([each]) => each !== key))),
  }
}
