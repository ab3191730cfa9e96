// What must hold at every commit, whoever writes: one line, each fact once, nothing early, nothing after the end.
import { type Command, isCancellation } from '../../src/engine/commands.ts'
import { factIdOf, isTaskOutcome, type TaskOutcome } from '../../src/engine/events.ts'
import type { Episode, InstanceKey } from '../../src/runtime/episode.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { Store } from '../../src/runtime/ports.ts'
import { isTerminal } from '../../src/workflow/status.ts'

interface Line {
  readonly episodes: Episode[]
  readonly known: Set<string>
  /** What was asked for, by generation and number. */
  readonly asked: Map<string, Command>
  /** What was cancelled, likewise: no later episode hears of it. */
  readonly cancelled: Set<string>
}

export class LineChecker {
  readonly #lines = new Map<string, Line>()
  readonly #now: () => number
  readonly #violated: (text: string) => void

  constructor(now: () => number, violated: (text: string) => void) {
    this.#now = now
    this.#violated = violated
  }

  /** The committed episodes of every life, in order. */
  get lines(): ReadonlyMap<string, readonly Episode[]> {
    return new Map([...this.#lines].map(([key, { episodes }]) => [key, episodes]))
  }

  /** Looks at every commit of a store from now on. @param heard told of each answer to an append */
  watch(store: Store, heard: (kind: string, key: InstanceKey, episode: Episode) => void = () => {}): void {
    const append = store.appendEpisode.bind(store)
    store.appendEpisode = async (key, episode) => {
      const result = await append(key, episode)
      if (result.kind === 'committed') this.committed(key, episode)
      heard(result.kind, key, episode)
      return result
    }
  }

  /** I3: nothing is sent that is not committed. */
  sent(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.kind !== 'activity') continue
      const { instanceId, generation, seq } = message
      const asked = this.#lines.get(lineKey(message))?.asked.get(`${generation}.${seq}`)
      if (asked?.kind !== 'scheduleTask')
        this.#violated(`I3 dispatched but not committed: ${instanceId} #${seq}`)
    }
  }

  /** An episode has become part of the history. */
  committed(key: InstanceKey, episode: Episode): void {
    const name = lineKey(key)
    const line: Line = this.#lines.get(name) ?? {
      episodes: [],
      known: new Set(),
      asked: new Map(),
      cancelled: new Set(),
    }
    this.#lines.set(name, line)
    const { episodes, known } = line
    if (episode.n !== episodes.length + 1) this.#violated(`I1 line of ${name} broken at ${episode.n}`)
    const before = episodes.at(-1)
    if (before && isTerminal(before.status)) this.#violated(`I7 written after the end: ${name}`)
    if (before && before.at > episode.at) this.#violated(`I1 time of ${name} goes back at ${episode.n}`)
    for (const event of episode.events) {
      const factId = factIdOf(event)
      if (known.has(factId)) this.#violated(`I4 fact twice: ${name} ${factId}`)
      known.add(factId)
      if (isTaskOutcome(event)) this.#checkOutcome(`${name} ${factId}`, line, episode, event)
    }
    episodes.push(episode)
    for (const command of episode.commands) {
      if (command.kind === 'cancelTask') line.cancelled.add(`${episode.generation}.${command.seq}`)
      if (!isCancellation(command)) line.asked.set(`${episode.generation}.${command.seq}`, command)
    }
  }

  #checkOutcome(
    what: string,
    { asked, cancelled, episodes }: Line,
    episode: Episode,
    event: TaskOutcome,
  ): void {
    if (cancelled.has(`${event.generation}.${event.seq}`)) this.#violated(`I4 cancelled before: ${what}`)
    if (event.generation !== episode.generation) this.#violated(`I4 foreign generation: ${what}`)
    // Only inline activities that share a commit, and what is taken up of another life, are answered by the episode that asks for them.
    const shared = episode.commands.find(
      (each) =>
        each.seq === event.seq &&
        (episode.eventTimes !== undefined ||
          (each.kind === 'scheduleTask' && each.inline && (each.commitEvery ?? 1) > 1)),
    )
    const command = asked.get(`${event.generation}.${event.seq}`) ?? shared
    if (!command) this.#violated(`I4 unknown task: ${what}`)
    const until = isUncompleted(event) ? untilOf(episodes, event) : undefined
    if (until !== undefined && until > this.#now()) this.#violated(`I6 timeout early: ${what}`)
    if (command?.kind === 'createTimer' && command.dueAt > this.#now())
      this.#violated(`I6 timer early: ${what}`)
  }
}

/** Whether it is no time-out of the activity's own: its function had no more time, mostly for what was asked of AWS. */
export function isForItsHost(event: Episode['events'][number]): boolean {
  return event.kind === 'taskFailed' && event.failure.message.includes('its host has time for')
}

/** Whether its timer says that nobody completed it in time. Another run of it may have met its own time limit before that. */
function isUncompleted(event: TaskOutcome): boolean {
  if (event.kind !== 'taskFailed') return false
  const { code, message } = event.failure
  return code === 'ACTIVITY_TIMEOUT' && message.includes('was not completed within')
}

/** Until when the activity that an outcome tells of could be completed from outside. */
function untilOf(episodes: readonly Episode[], { generation, seq }: TaskOutcome): number | undefined {
  const events = episodes.flatMap((each) => each.events)
  const deferral = events.find(
    (event) => event.kind === 'activityDeferred' && event.generation === generation && event.task === seq,
  )
  return deferral?.kind === 'activityDeferred' ? deferral.until : undefined
}

export function lineKey({ instanceId, incarnation }: InstanceKey): string {
  return `${incarnation}/${instanceId}`
}
