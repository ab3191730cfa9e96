// The one rule that runs the system: turn the messages into facts, then advance the instance. The rules R1–R19 that are named here are
// explained in docs/architecture.md.
import type { HistoryEvent, TaskOutcome } from '../engine/events.ts'
import {
  type ExternalFact,
  factIdOf,
  isTaskOutcome,
  parseTaskFactId,
  startFactId,
  taskFactId,
} from '../engine/events.ts'
import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { isTerminal } from '../workflow/status.ts'
import { dispatch } from './dispatch.ts'
import type { Episode, InstanceKey } from './episode.ts'
import { guardDuty } from './guard-duty.ts'
import { absorb, type InstanceState } from './instance-state.ts'
import type { LiveInstance } from './live-instance.ts'
import { type AdvanceHost, load } from './load.ts'
import type { Delivery, Message } from './messages.ts'
import type { InboxRow, Ports } from './ports.ts'
import { show } from './projection.ts'
import { nextEpisode } from './turn.ts'

/** Messages of one incarnation, and the outcomes that this handler has made itself (it ran the activity). */
export interface Work {
  readonly key: InstanceKey
  readonly deliveries: readonly Delivery[]
  readonly outcomes?: readonly TaskOutcome[]
}

/** A fact named by a message that this handler holds: only such a fact allows it to commit (R5). */
interface OwnFact {
  readonly event: HistoryEvent
  readonly token: string
}

/** What is left to do with a message, other than to acknowledge it. */
type Remainder = { readonly message: Message; readonly delayMs: number }

/**
 * Advances an instance by everything that is known. When it resolves, every message of `work` may be acknowledged; when it rejects,
 * none may.
 */
export async function advance(host: AdvanceHost, work: Work): Promise<void> {
  try {
    await new Advance(host, work).run()
  } catch (error) {
    // Whatever is in memory may have gone ahead of the history.
    host.instances.drop(work.key)
    throw error
  }
}

class Advance {
  readonly #host: AdvanceHost
  readonly #ports: Ports
  readonly #work: Work
  readonly #own = new Map<string, OwnFact>()
  readonly #tokens: ReadonlySet<string>
  readonly #requeue: Remainder[] = []
  /** Episodes that this handler has dispatched. */
  readonly #dispatched = new Set<number>()
  /** Rows that were read, are consumed or stale, and can go. */
  readonly #litter = new Set<string>()
  /** Token of a nudge that is still valid. */
  #nudged: string | undefined
  /** What the next guard duty must look at beside the carriers of the current generation. */
  #guardNext = { older: false, nudged: false }

  constructor(host: AdvanceHost, work: Work) {
    this.#host = host
    this.#ports = host.ports
    this.#work = work
    this.#tokens = new Set(work.deliveries.map(({ message }) => message.token))
  }

  async run(): Promise<void> {
    // A nudge comes from outside the normal course: believe nothing that is only in memory.
    if (this.#work.deliveries.some(({ message }) => message.kind === 'nudge')) this.#host.instances.drop(this.#work.key)
    let live = await this.#load()
    if (!live) return
    this.#classify(live)
    // Whatever was stalled by a dead letter may have lost the carriers of its episodes.
    if (live.shown.stalled && live.row.stalled?.code === 'TURN_CRASHED') this.#guardNext.nudged = true
    let lost = 0
    let generations = 0
    for (;;) {
      await this.#guard(live)
      if (isTerminal(live.state.status)) break
      const own = this.#newOwnFacts(live.state)
      if (own.length === 0 && !this.#mayOpen(live.state)) break
      if (live.obstacle) {
        await this.#stall(live, own)
        break
      }
      if (live.state.unopened && ++generations > limits.generationsPerTurn) {
        this.#letOthersRun(live.state)
        break
      }
      const committed = await this.#turn(live, own)
      if (committed === 'gone') return
      if (committed === 'won' || live.obstacle) continue
      if (++lost >= limits.lostRaces) {
        await this.#park(own)
        break
      }
      live = await this.#load()
      if (!live) return
    }
    await this.#finish(live)
  }

  /** Reads what is new, again when a row that a doorbell names is in neither place: a torn read (R4 h). */
  async #load(): Promise<LiveInstance | undefined> {
    for (let tries = 1; ; tries++) {
      const live = await load(this.#host, this.#work.key)
      if (!live) return undefined
      const missing = this.#missingRow(live)
      if (missing === undefined) return live
      if (tries === 3) {
        throw new TenutoError(
          'STORAGE_FAILED',
          `Row '${missing}' of instance ${live.state.key.instanceId} is in neither inbox nor history yet.`,
        )
      }
    }
  }

  #missingRow({ state, inbox }: LiveInstance): string | undefined {
    if (isTerminal(state.status)) return undefined
    for (const { message } of this.#work.deliveries) {
      if (message.kind !== 'doorbell') continue
      for (const factId of message.factIds) {
        const task = parseTaskFactId(factId)
        const stale = task !== undefined && task.generation < state.generation
        const present =
          factId === startFactId || state.known.has(factId) || inbox.some((row) => row.factId === factId)
        if (!stale && !present) return factId
      }
    }
    return undefined
  }

  /** Turns each message into own facts, litter, or something that waits. */
  #classify(live: LiveInstance): void {
    const { state } = live
    const outcomes = new Map((this.#work.outcomes ?? []).map((event) => [factIdOf(event), event]))
    for (const { message } of this.#work.deliveries) {
      switch (message.kind) {
        case 'doorbell':
          for (const factId of message.factIds) this.#claimRow(live, factId, message)
          break
        case 'timer':
          this.#claimTimer(live, message)
          break
        case 'activity': {
          if (message.generation < state.generation) this.#guardNext.older = true
          const factId = taskFactId(message.generation, message.seq)
          const event = live.inbox.find((row) => row.factId === factId)?.event ?? outcomes.get(factId)
          if (event) this.#own.set(factId, { event, token: message.token })
          break
        }
        case 'nudge':
          if (message.episode !== state.n) break
          this.#nudged = message.token
          this.#guardNext.nudged = true
          if (live.inbox.length > 0 || state.n === 0)
            this.#own.set(message.id, { event: { kind: 'nudged', id: message.id }, token: message.token })
          break
        default:
          message satisfies never
      }
    }
  }

  #claimRow(live: LiveInstance, factId: string, message: Message): void {
    const { state } = live
    const consumedBy = state.known.get(factId)
    const task = parseTaskFactId(factId)
    if (
      (consumedBy !== undefined && consumedBy <= state.openedBy) ||
      (task && task.generation < state.generation)
    )
      this.#guardNext.older = true
    if (
      isTerminal(state.status) ||
      consumedBy !== undefined ||
      (task && task.generation < state.generation)
    ) {
      if (factId !== startFactId) this.#litter.add(factId)
      return
    }
    const row = live.inbox.find((each) => each.factId === factId)
    const wait = waitForStart(live, row?.event, this.#ports.clock.now())
    if (wait > 0) this.#requeue.push({ message, delayMs: wait })
    else if (row) this.#own.set(factId, { event: row.event, token: message.token })
    else if (factId === startFactId && state.n === 0)
      this.#own.set(factId, { event: nothing, token: message.token })
  }

  #claimTimer(live: LiveInstance, message: Extract<Message, { kind: 'timer' }>): void {
    const { state } = live
    const rest = message.dueAt - this.#ports.clock.now()
    // Generation 0 is the start itself: a scheduled start is a timer.
    const factId = message.generation === 0 ? startFactId : taskFactId(message.generation, message.seq)
    if (message.generation > 0 && message.generation < state.generation) this.#guardNext.older = true
    if (state.known.has(factId) || isTerminal(state.status)) return
    if (rest > 0) this.#requeue.push({ message, delayMs: rest })
    else if (message.generation === 0) this.#own.set(startFactId, { event: nothing, token: message.token })
    else {
      const { generation, seq } = message
      this.#own.set(factId, { event: { kind: 'timerFired', generation, seq }, token: message.token })
    }
  }

  /** Own facts that the history does not have and that the current generation asked for. */
  #newOwnFacts(state: InstanceState): [string, OwnFact][] {
    return [...this.#own].filter(([factId, { event }]) => isNew(state, factId, event))
  }

  /** A new generation is opened by the holder of the token that guards it, or by a nudge (R13). */
  #mayOpen({ unopened }: InstanceState): boolean {
    return unopened !== undefined && (this.#tokens.has(unopened.by) || this.#nudged !== undefined)
  }

  async #guard(live: LiveInstance): Promise<void> {
    await guardDuty(this.#ports, live.state, {
      ...this.#guardNext,
      tokens: this.#tokens,
      dispatched: this.#dispatched,
    })
    this.#guardNext = { older: false, nudged: false }
  }

  /** Computes and commits one episode, then does all that follows from it. */
  async #turn(
    live: LiveInstance,
    own: readonly [string, OwnFact][],
  ): Promise<'won' | 'lost' | 'gone' | 'stalled'> {
    const { state } = live
    const rows = live.inbox.filter(({ factId, event }) => isNew(state, factId, event))
    const taken = new Set(rows.map((row) => row.factId))
    const made = own
      .filter(([factId, { event }]) => !taken.has(factId) && event !== nothing)
      .map(([, { event }]) => event)
    const by = own[0]?.[1].token ?? this.#nudged ?? state.unopened?.by
    if (by === undefined) throw new TenutoError('INTERNAL', 'a turn has no carrier')
    const request = {
      facts: [...rows.map((row) => row.event), ...made],
      by,
      nonce: this.#ports.newId(),
      now: this.#ports.clock.now(),
    }
    const episode = await nextEpisode(live, request, this.#host.app, this.#ports.logger)
    if (!episode) return 'stalled'
    const result = await this.#ports.store.appendEpisode(state.key, episode)
    if (result.kind === 'gone') {
      this.#host.instances.drop(state.key)
      return 'gone'
    }
    // One's own write whose answer was lost is a success.
    if (result.kind === 'lost' && result.to.nonce !== episode.nonce) {
      this.#host.instances.drop(state.key)
      return 'lost'
    }
    await this.#afterCommit(live, episode)
    return 'won'
  }

  /** R8, in order: dispatch, tell the parent, show the status, delete the rows. */
  async #afterCommit(live: LiveInstance, episode: Episode): Promise<void> {
    const { state } = live
    absorb(state, episode)
    if (episode.continuedAsNew || isTerminal(episode.status)) live.execution = undefined
    this.#dispatched.add(episode.n)
    await dispatch(this.#ports, state, { episode, mode: 'first' })
    await show(this.#ports, live, episode)
    for (const { factId, event } of live.inbox)
      if (!isNew(state, factId, event) && !isAhead(state, event)) this.#litter.add(factId)
    live.inbox = live.inbox.filter(({ factId }) => !this.#litter.has(factId))
    await this.#sweepLitter(state)
    // The generation before the one that is over can be needed by nobody once its carriers are gone; the store knows when.
    if (!episode.continuedAsNew && state.openedBy > 0 && episode.n === state.openedBy + 1) {
      await this.#ports.store.trimHistory(state.key, state.openedBy)
    }
  }

  async #sweepLitter(state: InstanceState): Promise<void> {
    if (this.#litter.size === 0) return
    await this.#ports.store.deleteInbox(state.key, [...this.#litter])
    this.#litter.clear()
  }

  /** The code does not fit: everything stays, durably, until code comes that does. */
  async #stall(live: LiveInstance, own: readonly [string, OwnFact][]): Promise<void> {
    const { key } = live.state
    await this.#ports.store.putOutcomes(key, rowsOf(own, this.#ports.clock.now()))
    await this.#ports.store.setStalled(key, live.obstacle, this.#ports.clock.now())
    this.#ports.logger.error('The instance is stalled.', {
      instanceId: key.instanceId,
      reason: live.obstacle,
    })
    this.#host.instances.drop(key)
  }

  /** Too many lost races: leave the facts where the winners take them along, or come back later (R7). */
  async #park(own: readonly [string, OwnFact][]): Promise<void> {
    const { key } = this.#work
    const outcomes = rowsOf(own, this.#ports.clock.now())
    const delayMs = jitterMs(this.#ports.newId())
    if (outcomes.length > 0) {
      await this.#ports.store.putOutcomes(key, outcomes)
      const factIds = outcomes.map((row) => row.factId)
      await this.#ports.queue.send(
        [{ v: 1, kind: 'doorbell', ...key, token: this.#ports.newId(), factIds }],
        delayMs,
      )
    }
    const parked = new Set(outcomes.map((row) => row.factId))
    const waiting = new Set(own.filter(([factId]) => !parked.has(factId)).map(([, { token }]) => token))
    for (const { message } of this.#work.deliveries)
      if (waiting.has(message.token)) this.#requeue.push({ message, delayMs })
  }

  /** Many generations in a row: the same message again, so that other instances have their turn. */
  #letOthersRun({ unopened }: InstanceState): void {
    const carrier = this.#work.deliveries.find(({ message }) => message.token === unopened?.by)
    const message = carrier?.message ?? this.#work.deliveries[0]?.message
    if (message) this.#requeue.push({ message, delayMs: 0 })
  }

  async #finish(live: LiveInstance): Promise<void> {
    const { state } = live
    if (live.shown.stalled && this.#nudged !== undefined && !live.obstacle) {
      await this.#ports.store.setStalled(state.key, undefined, this.#ports.clock.now())
    }
    await this.#sweepLitter(state)
    for (const { message, delayMs } of this.#requeue) await this.#ports.queue.send([message], delayMs)
    if (!live.obstacle) this.#host.instances.keep(live)
  }
}

/** Stands for the start, which lies in the row and not in the inbox. */
const nothing: ExternalFact = { kind: 'nudged', id: startFactId }

function isNew(state: InstanceState, factId: string, event: HistoryEvent): boolean {
  if (state.known.has(factId)) return false
  return !isTaskOutcome(event) || (event.generation === state.generation && state.outstanding.has(event.seq))
}

/** A row of a generation that this reader has not seen yet. */
function isAhead(state: InstanceState, event: HistoryEvent): boolean {
  return isTaskOutcome(event) && event.generation > state.generation
}

/** Milliseconds until an instance with a scheduled start may take this fact; only its termination does not wait. */
function waitForStart({ state, row }: LiveInstance, event: HistoryEvent | undefined, now: number): number {
  if (state.n > 0 || row.startAt === undefined || event?.kind === 'executionTerminated') return 0
  return row.startAt - now
}

/** 2 to 10 seconds, spread by an id, so that those who lost against each other do not meet again. */
function jitterMs(id: string): number {
  let hash = 0
  for (let at = 0; at < id.length; at++) hash = (Math.imul(hash, 31) + id.charCodeAt(at)) >>> 0
  return 2_000 + (hash % 8_000)
}

/** The rows that keep outcomes which exist only in this handler's memory. */
function rowsOf(own: readonly [string, OwnFact][], acceptedAt: number): InboxRow[] {
  return own.flatMap(([factId, { event }]) => (isTaskOutcome(event) ? [{ factId, event, acceptedAt }] : []))
}
