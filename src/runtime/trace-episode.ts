// The spans that an episode completes. Made after the commit and by its writer, so a replay makes none, and a host that dies right after
// a commit takes at most its own spans along.

import { type ExecutionStarted, isTaskOutcome } from '../engine/events.ts'
import { isTerminal } from '../workflow/status.ts'
import type { Span, SpanContext, Tracer, TracerContext } from '../workflow/tracer.ts'
import type { Episode } from './episode.ts'
import type { InstanceState } from './instance-state.ts'
import type { LiveInstance } from './live-instance.ts'
import { attributesOf, errorCode, kinds, quietly, type TracedHost } from './spans.ts'
import { contextUnder, generationSpan, parseTraceparent } from './trace-context.ts'

/** Makes the spans that an episode completes. @param live as it was before the episode */
export function traceEpisode({ tracer, logger }: TracedHost, live: LiveInstance, episode: Episode): void {
  if (!tracer) return
  const started = startedIn(live.state, episode)
  const self = started && generationSpan(started)
  if (!self) return
  quietly(logger, () => {
    const below = contextUnder(self)
    traceTimers(tracer, below, live, episode)
    traceSentEvents(tracer, below, episode)
    if (isTerminal(episode.status) || episode.continuedAsNew)
      traceGeneration(tracer, { live, episode, started, self })
  })
}

/** How the generation of an episode began. @param state as it was before the episode */
export function startedIn({ started }: InstanceState, { events }: Episode): ExecutionStarted | undefined {
  return started ?? events.find((event) => event.kind === 'executionStarted')
}

function traceTimers(
  tracer: Tracer,
  below: TracerContext,
  { state, row }: LiveInstance,
  episode: Episode,
): void {
  for (const event of episode.events) {
    if (!isTaskOutcome(event) || event.kind !== 'timerFired') continue
    const timer = state.outstanding.get(event.seq)
    if (timer?.kind !== 'createTimer') continue
    const attributes = {
      ...attributesOf('timer', { instanceId: row.instanceId, name: 'timer' }),
      'durabletask.task.task_id': event.seq,
      'durabletask.fire_at': new Date(timer.dueAt).toISOString(),
    }
    const startTime = state.timersSince.get(event.seq) ?? episode.at
    tracer.startSpan('timer', { kind: kinds.internal, attributes, startTime }, below).end(episode.at)
  }
}

function traceSentEvents(tracer: Tracer, below: TracerContext, { commands, at }: Episode): void {
  for (const command of commands) {
    if (command.kind !== 'sendEvent') continue
    const options = { kind: kinds.producer, attributes: attributesOf('event', command), startTime: at }
    tracer.startSpan(`event||${command.name}`, options, below).end(at)
  }
}

interface EndedGeneration {
  readonly live: LiveInstance
  readonly episode: Episode
  readonly started: ExecutionStarted
  readonly self: SpanContext
}

function traceGeneration(tracer: Tracer, { live, episode, started, self }: EndedGeneration): void {
  const parent = parseTraceparent(started.trace)
  if (!parent) return
  const { status, continuedAsNew, failure, patches = [], at } = episode
  const { version, name } = started
  const applied = [...live.state.patches, ...patches]
  const attributes = {
    ...attributesOf('orchestration', started),
    'durabletask.runtime_status': continuedAsNew ? 'CONTINUED_AS_NEW' : status,
    ...(version !== undefined && { 'durabletask.task.version': version }),
    ...(applied.length > 0 && { 'durabletask.applied_patches': applied }),
  }
  const startTime = live.state.n === 0 ? at : live.state.openedAt
  const options = { kind: kinds.server, attributes, startTime }
  const span = tracer.startSpan(`orchestration||${name}`, options, contextUnder(parent))
  assume(span, self.spanId)
  if (status === 'FAILED') span.setStatus({ code: errorCode, message: failure?.message ?? '' })
  span.end(at)
}

/** What is below the span was made before it, under this id. A tracer that keeps the id to itself shows both, side by side. */
function assume(span: Span, spanId: string): void {
  const context = span.spanContext()
  if (!Object.isFrozen(context)) context.spanId = spanId
}
