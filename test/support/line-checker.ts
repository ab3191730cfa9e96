// What must hold at every commit, whoever writes: one line, each fact once, nothing early, nothing after the end.
import { factIdOf, isTaskOutcome, type TaskOutcome } from '../../src/engine/events.ts'
import type { Episode, InstanceKey } from '../../src/runtime/episode.ts'
import type { ActivityMessage, Message } from '../../src/runtime/messages.ts'
import type { Store } from '../../src/runtime/ports.ts'
import { isTerminal } from '../../src/workflow/status.ts'

export class LineChecker {
  /** The committed episodes of every life, in order. */
  readonly lines = new Map<string, readonly Episode[]>()
  readonly #now: () => number
  readonly #violated: (text: string) => void

  constructor(now: () => number, violated: (text: string) => void) {
    this.#now = now
    this.#violated = violated
  }

  /** Looks at every commit of a store from now on. @param heard told of each answer to an append */
  watch(store: Store, heard: (kind: string, key: InstanceKey, episode: Episode) => void = () => {}): void {
    const append = store.appendEpisode.bind(store)
    store.appendEpisode = async (key, episode) => {
      const result = await append(key, episode)
      if (result.kind === 'committed') this.#committed(key, episode)
      heard(result.kind, key, episode)
      return result
    }
  }

  /** I3: nothing is sent that is not committed. */
  sent(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.kind === 'activity' && !this.#isCommitted(message))
        this.#violated(`I3 dispatched but not committed: ${message.instanceId} #${message.seq}`)
    }
  }

  #isCommitted(message: ActivityMessage): boolean {
    const line = this.lines.get(lineKey(message)) ?? []
    return line.some(
      ({ generation, commands }) =>
        generation === message.generation &&
        commands.some(({ kind, seq }) => kind === 'scheduleTask' && seq === message.seq),
    )
  }

  #committed(key: InstanceKey, episode: Episode): void {
    const name = lineKey(key)
    const line = this.lines.get(name) ?? []
    this.lines.set(name, [...line, episode])
    if (episode.n !== line.length + 1) this.#violated(`I1 line of ${name} broken at ${episode.n}`)
    const before = line.at(-1)
    if (before && isTerminal(before.status)) this.#violated(`I7 written after the end: ${name}`)
    const known = new Set(line.flatMap(({ events }) => events.map(factIdOf)))
    for (const event of episode.events) {
      const factId = factIdOf(event)
      if (known.has(factId)) this.#violated(`I4 fact twice: ${name} ${factId}`)
      known.add(factId)
      if (isTaskOutcome(event)) this.#checkOutcome(`${name} ${factId}`, line, episode, event)
    }
  }

  #checkOutcome(what: string, line: readonly Episode[], episode: Episode, event: TaskOutcome): void {
    if (event.generation !== episode.generation) this.#violated(`I4 foreign generation: ${what}`)
    // Only inline activities that share a commit are answered by the episode that asks for them.
    const shared = episode.commands.filter(
      (each) => each.kind === 'scheduleTask' && each.inline && (each.commitEvery ?? 1) > 1,
    )
    const command = line
      .filter(({ generation }) => generation === event.generation)
      .flatMap(({ commands }) => commands)
      .concat(shared)
      .find(({ seq, kind }) => seq === event.seq && kind !== 'cancelTimer')
    if (!command) this.#violated(`I4 unknown task: ${what}`)
    if (command?.kind === 'createTimer' && command.dueAt > this.#now())
      this.#violated(`I6 timer early: ${what}`)
  }
}

export function lineKey({ instanceId, incarnation }: InstanceKey): string {
  return `${incarnation}/${instanceId}`
}
