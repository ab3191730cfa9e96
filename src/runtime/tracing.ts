// Spans, by Dapr's names. Who starts an instance makes `create_orchestration||name`; who runs an activity `activity||name`; who commits
// the end of a generation `orchestration||name`, and who commits that a timer has fired `timer`.

import { toFailureDetails } from '../workflow/failure.ts'
import type { SpanOptions } from '../workflow/tracer.ts'
import type { Episode } from './episode.ts'
import type { InstanceState } from './instance-state.ts'
import { attributesOf, errorCode, kinds, type Place, quietly, type TracedHost } from './spans.ts'
import { contextUnder, generationSpan, parseTraceparent, toTraceparent } from './trace-context.ts'
import { startedIn } from './trace-episode.ts'

/** A span that is under way. One that is never ended is never seen. */
interface OpenSpan {
  /** For whatever belongs below it. */
  readonly trace?: string
  end(error?: unknown): void
}

const noSpan: OpenSpan = { end() {} }

/** Of a start from outside. @param parent where the caller is in a trace; left out: the active span */
export function traceStart(host: TracedHost, place: Place, parent: string | undefined): OpenSpan {
  const attributes = attributesOf('orchestration', place)
  return begin(host, `create_orchestration||${place.name}`, parent, { kind: kinds.client, attributes })
}

/** Of an event from outside. */
export function traceRaise(host: TracedHost, place: Place, parent: string | undefined): OpenSpan {
  const attributes = attributesOf('event', place)
  return begin(host, `event||${place.name}`, parent, { kind: kinds.producer, attributes })
}

/** Ends the span when what it is for has ended, well or not. */
export async function traced<T>(span: OpenSpan, work: Promise<T>): Promise<T> {
  try {
    const result = await work
    span.end()
    return result
  } catch (error) {
    span.end(error)
    throw error
  }
}

/**
 * Gives the generation that an episode opens a trace of its own, with a link to the one before.
 * @returns the episode to commit, and a span that is to be ended when it is committed
 */
export function traceNext(
  host: TracedHost,
  state: InstanceState,
  episode: Episode,
): { episode: Episode; span: OpenSpan } {
  const { continuedAsNew } = episode
  if (!continuedAsNew || !host.tracer) return { episode, span: noSpan }
  const { started } = continuedAsNew
  const before = startedIn(state, episode)
  const link = before && generationSpan(before)
  const span = begin(host, `create_orchestration||${started.name}`, undefined, {
    kind: kinds.client,
    root: true,
    attributes: attributesOf('orchestration', started),
    ...(link && { links: [{ context: link }] }),
  })
  const { trace } = span
  if (trace === undefined) return { episode, span }
  return {
    episode: { ...episode, continuedAsNew: { ...continuedAsNew, started: { ...started, trace } } },
    span,
  }
}

function begin(
  { tracer, clock, logger }: TracedHost,
  name: string,
  parent: string | undefined,
  options: SpanOptions,
): OpenSpan {
  if (!tracer) return noSpan
  const place = parseTraceparent(parent)
  const timed = { ...options, startTime: clock.now() }
  return (
    quietly(logger, () => {
      const span = tracer.startSpan(name, timed, place && contextUnder(place))
      const end = (error?: unknown): void => {
        if (error !== undefined) span.setStatus({ code: errorCode, message: toFailureDetails(error).message })
        span.end(clock.now())
      }
      const trace = toTraceparent(span.spanContext())
      return {
        // A tracer behind which nothing listens has no place to hand on.
        ...(parseTraceparent(trace) && { trace }),
        end: (error?: unknown) => quietly(logger, () => end(error)),
      }
    }) ?? noSpan
  )
}
