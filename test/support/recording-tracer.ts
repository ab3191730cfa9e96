// A tracer that keeps its spans, made like that of OpenTelemetry's SDK: ids of its own, the parent from the context it is handed.

import type { Span, SpanContext, SpanOptions, Tracer, TracerContext } from '../../src/index.ts'

interface RecordedSpan extends SpanOptions {
  readonly name: string
  readonly context: SpanContext
  readonly parent: SpanContext | undefined
  readonly endTime: number | undefined
  /** Message of an error. */
  readonly failure: string | undefined
}

export interface RecordingTracer extends Tracer {
  /** That have ended, in the order of their ends. */
  readonly spans: readonly RecordedSpan[]
  /** `orchestration||order < create_orchestration||order`: spans and their parents by name, each once. */
  readonly tree: ReadonlySet<string>
}

const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

export function recordingTracer(): RecordingTracer {
  const spans: RecordedSpan[] = []
  let ids = 0
  const newId = (length: number): string => (++ids).toString(16).padStart(length, '0')

  function startSpan(name: string, options: SpanOptions = {}, context?: TracerContext): Span {
    const span = context?.getValue(spanKey) as Span | undefined
    const parent = options.root ? undefined : span?.spanContext()
    const own = {
      traceId: parent?.traceId ?? newId(32),
      spanId: newId(16),
      traceFlags: parent?.traceFlags ?? 1,
    }
    let failure: string | undefined
    return {
      spanContext: () => own,
      setStatus({ code, message }) {
        if (code === 2) failure = message ?? ''
      },
      end: (endTime) => spans.push({ ...options, name, context: own, parent, endTime, failure }),
    }
  }

  return {
    startSpan,
    startActiveSpan: (name, options, context, fn) => fn(startSpan(name, options, context)),
    spans,
    get tree() {
      const names = new Map(spans.map((span) => [idOf(span.context), span.name]))
      return new Set(
        spans.map(({ name, parent }) =>
          parent ? `${name} < ${names.get(idOf(parent)) ?? 'a span elsewhere'}` : name,
        ),
      )
    },
  }
}

function idOf({ traceId, spanId }: SpanContext): string {
  return `${traceId}/${spanId}`
}
