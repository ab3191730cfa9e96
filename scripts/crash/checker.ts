// Holds what is there in the end against what the clients know: accepted ⊆ applied ⊆ attempted, nothing twice, no status that goes back,
// every client's entries in their order, and a history in which each fact stands once.

import { factIdOf } from '../../src/engine/events.ts'
import type { WireHistory } from '../../src/http/wire.ts'
import { isTerminal, type RuntimeStatus } from '../../src/workflow/status.ts'
import type { Entry, Instance, Seen } from './journal.ts'
import type { Effect } from './load-app.ts'

export interface End {
  /** Undefined when there is no such instance. */
  readonly last: Seen | undefined
  readonly history: WireHistory | undefined
}

/**
 * A start whose host died between its two steps, the row and the message, and whose client never asked again. It was not accepted, and
 * takes its first turn when somebody asks again, or, on AWS, when the sweeper comes by.
 */
export function isAbandoned({ isAccepted, termination }: Instance, { last, history }: End): boolean {
  const hasBegun = last?.status !== 'PENDING' || history?.episodes.length !== 0
  return !isAccepted && termination === 'none' && !hasBegun
}

/** @param effects of this instance and of its children */
export function problemsOf(instance: Instance, end: End, effects: readonly Effect[]): readonly string[] {
  const { last, history } = end
  const mayBeAbsent = !instance.isAccepted && instance.termination !== 'accepted'
  if (!last) return mayBeAbsent && effects.length === 0 ? [] : [`${instance.id} is gone`]
  const problems = [
    ...problemsOfStatuses(instance),
    ...problemsOfEffects(effects),
    ...(history ? problemsOfHistory(history) : ['it has no history']),
    ...problemsOfEnd(instance, last, effects),
  ]
  return problems.map((problem) => `${instance.id}: ${problem}`)
}

function problemsOfEnd(instance: Instance, { status, output }: Seen, effects: readonly Effect[]): string[] {
  const isTerminated = status === 'TERMINATED' && instance.termination !== 'none'
  if (isTerminated) return []
  if (status !== 'COMPLETED') return [`it has come to ${status}: ${output}`]
  const applied = JSON.parse(output) as readonly string[]
  const done = new Set(effects.map(({ what }) => what))
  const undone = applied.filter((what) => !done.has(what)).map((what) => `no effect of ${what}`)
  if (instance.workflow === 'ledger') return [...problemsOfLedger(instance.entries, applied), ...undone]
  const wanted = [...Array.from({ length: instance.size }, (_, at) => `${at}`), 'leaf', 'retried']
  return JSON.stringify(applied) === JSON.stringify(wanted)
    ? undone
    : [`${output} instead of ${JSON.stringify(wanted)}`]
}

export function problemsOfLedger(entries: readonly Entry[], applied: readonly string[]): readonly string[] {
  const attempted = new Set(entries.map(({ text }) => text))
  const accepted = entries.filter(({ isAccepted }) => isAccepted)
  const problems = [
    ...accepted.filter(({ text }) => !applied.includes(text)).map(({ text }) => `${text} was lost`),
    ...applied.filter((text) => !attempted.has(text)).map((text) => `${text} was never sent`),
    ...applied.filter((text, at) => applied.indexOf(text) !== at).map((text) => `${text} was applied twice`),
  ]
  for (const [client, own] of Map.groupBy(accepted, (entry) => entry.client)) {
    const places = own.map(({ text }) => applied.indexOf(text)).filter((place) => place >= 0)
    const isOrdered = places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0))
    if (!isOrdered) problems.push(`the entries of client ${client} are out of order: ${places.join(' ')}`)
  }
  return problems
}

/** A call may have its effect more than once, under its one key; no two calls are for the same thing here. */
export function problemsOfEffects(effects: readonly Effect[]): readonly string[] {
  const keys = Map.groupBy(effects, ({ instanceId, what }) => `${instanceId} ${what}`)
  return [...keys]
    .filter(([, same]) => new Set(same.map(({ key }) => key)).size > 1)
    .map(([what]) => `${what} was done by two calls`)
}

export function problemsOfStatuses({ seen }: Pick<Instance, 'seen'>): readonly string[] {
  return seen.flatMap((now, at) => {
    const before = seen.slice(0, at).findLast(({ client }) => client === now.client)
    if (!before) return []
    const isBack =
      rank(now) < rank(before) ||
      Number(now.customStatus) < Number(before.customStatus) ||
      (isOver(before) && (now.status !== before.status || now.output !== before.output))
    return isBack ? [`${JSON.stringify(now)} was seen after ${JSON.stringify(before)}`] : []
  })
}

/** What is left of it: generations that were left behind may have been cut off. */
export function problemsOfHistory({ episodes }: Pick<WireHistory, 'episodes'>): readonly string[] {
  const problems: string[] = []
  const facts = new Set<string>()
  for (const [at, episode] of episodes.entries()) {
    const before = episodes[at - 1]
    if (before && episode.n !== before.n + 1) problems.push(`episode ${episode.n} follows ${before.n}`)
    if (before && isTerminal(before.status)) problems.push(`episode ${episode.n} follows the end`)
    for (const event of episode.events) {
      const fact = factIdOf(event)
      if (facts.has(fact)) problems.push(`the fact ${fact} stands twice`)
      facts.add(fact)
    }
  }
  return problems
}

function rank(seen: Seen): number {
  if (isOver(seen)) return 2
  return seen.status === 'PENDING' ? 0 : 1
}

function isOver({ status }: Seen): boolean {
  return isTerminal(status as RuntimeStatus)
}
