// The one rule that runs the system: turn the messages into facts, then advance the instance. The rules R1–R19 that are named here are
// explained in docs/architecture.md.

import { factIdOf, type HistoryEvent } from '../engine/events.ts'
import { assert, TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { isTerminal } from '../workflow/status.ts'
import { dispatch } from './dispatch.ts'
import type { Episode } from './episode.ts'
import { guardDuty, guardFor, type GuardOrder } from './guard-duty.ts'
import { runInline, runOn } from './inline-runner.ts'
import { absorb, type InstanceState } from './instance-state.ts'
import { leaseMarginMs, type LeaseStanding, leaseStanding, takeOverBy } from './lease.ts'
import { type LiveInstance, mayHaveLostCarriers } from './live-instance.ts'
import { deleteLateRows, isNudged, loadWhole, readBefore } from './load-work.ts'
import type { AdvanceHost } from './load.ts'
import { type Message, nudge } from './messages.ts'
import {
  claim,
  type Claims,
  isAhead,
  isLitter,
  isNew,
  type OwnFact,
  startFact,
  type Work,
} from './own-facts.ts'
import { msUntilOpen } from './pace.ts'
import type { Ports } from './ports.ts'
import { show } from './projection.ts'
import { copiesOf, jitterMs, type Later, outcomeRows, putAside, sendLater } from './put-aside.ts'
import type { InboxRow } from './rows.ts'
import { endStall, isSettled } from './stall.ts'
import { traceEpisode } from './trace-episode.ts'
import { traceNext } from './tracing.ts'
import { demotion, nextEpisode } from './turn.ts'

export type { Work } from './own-facts.ts'

/**
 * Advances an instance by everything that is known. When it resolves, every message of `work` may be acknowledged; when it rejects,
 * none may.
 */
export async function advance(host: AdvanceHost, work: Work): Promise<void> {
  // A nudge comes from outside the normal course: believe nothing that is only in memory.
  if (isNudged(work)) host.instances.drop(work.key)
  try {
    const live = readBefore(host, work) ?? (await loadWhole(host, work))
    if (live) await new Advance(host, work, live).run()
    else await deleteLateRows(host, work)
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
  /** Tokens held, and up to which episode each needs no guard. */
  readonly #tokens = new Map<string, number>()
  readonly #litter = new Set<string>()
  /** Messages that are sent again, beside those that are too early. */
  readonly #again: Later[] = []
  /** Messages that guard a lease: sent again as they are, because nothing is known of what they carry. */
  readonly #held: Later[] = []
  /** This handler, as the holder of leases. */
  readonly #runner: string
  #inlineOutcomes: readonly OwnFact[] = []
  /** Episodes that this handler has dispatched. */
  readonly #dispatched = new Set<number>()
  /** What the next guard duty must look at beside the carriers of the current generation. */
  #guardNext: Pick<GuardOrder, 'older' | 'nudged'>
  /** Whether carriers were let go, so that nobody knows what is dispatched. */
  #inDoubt: boolean
  #live: LiveInstance
  #claims: Claims

  constructor(host: AdvanceHost, work: Work, live: LiveInstance) {
    this.#host = host
    this.#ports = host.ports
    this.#work = work
    this.#live = live
    const { soleProcess, newId } = host.ports
    this.#runner = soleProcess === undefined ? newId() : `${soleProcess}:${newId()}`
    for (const { message } of work.deliveries) {
      const { token, dispatchedTo = 0 } = message
      this.#tokens.set(token, Math.min(dispatchedTo, this.#tokens.get(token) ?? dispatchedTo))
    }
    this.#claims = this.#claim(live)
    this.#inDoubt = mayHaveLostCarriers(live)
    this.#guardNext = guardFor(this.#claims, live)
  }

  async run(): Promise<void> {
    for (let lost = 0, opened = 0; ;) {
      const { state, obstacle } = this.#live
      const standing = leaseStanding(state, this.#leaseView())
      const waits = standing === 'held' || standing === 'waiting'
      await this.#guard(standing === 'held' ? state.lease?.by : undefined)
      if (isTerminal(state.status)) break
      if (standing === 'mine' && !(await this.#runInline())) break
      const own = [...this.#inlineOutcomes, ...this.#claims.own].filter(({ factId, event }) =>
        isNew(state, factId, event),
      )
      if (standing !== 'mine' && own.some((fact) => this.#inlineOutcomes.includes(fact)))
        this.#stopWithoutLease()
      if (waits) {
        await this.#wait(own)
        break
      }
      if (own.length === 0 && standing === 'none' && !this.#mayOpen(state)) break
      if (lost >= limits.lostRaces) {
        const order = { own, live: this.#live, guards: this.#guards(standing) }
        this.#again.push(...(await putAside(this.#ports, this.#work, order)))
        break
      }
      if (obstacle && !this.#isTerminated(own)) {
        if (await this.#stall(own)) return
        if (!(await this.#reload())) return
        continue
      }
      const restMs = own.length === 0 ? msUntilOpen(state, this.#ports.clock.now()) : 0
      if (state.unopened && (restMs > 0 || ++opened > limits.generationsPerTurn)) {
        this.#letOthersRun(state, restMs)
        break
      }
      await this.#guardDoubtful()
      const result = standing === 'expired' ? await this.#demote() : await this.#turn(own)
      if (result === 'gone') return
      if (result === 'lost') {
        lost++
        if (!(await this.#reload())) return
      }
    }
    await this.#finish()
  }

  /** @returns false when this life of the instance is over */
  async #reload(): Promise<boolean> {
    const live = await loadWhole(this.#host, this.#work)
    if (!live) return false
    this.#live = live
    this.#claims = this.#claim(live)
    this.#inDoubt = mayHaveLostCarriers(live)
    this.#guardNext = guardFor(this.#claims, live)
    return true
  }

  /** What the messages come to, now that this was read. */
  #claim(live: LiveInstance): Claims {
    const claims = claim(this.#work, live, this.#ports.clock.now())
    for (const factId of claims.litter) this.#litter.add(factId)
    return claims
  }

  /** A new generation is opened by the holder of the token that guards it, or by a nudge (R13). */
  #mayOpen({ unopened }: InstanceState): boolean {
    return unopened !== undefined && (this.#tokens.has(unopened.by) || this.#claims.nudged !== undefined)
  }

  #isTerminated(own: readonly OwnFact[]): boolean {
    return own.some(({ event }) => event.kind === 'executionTerminated')
  }

  /** @param except a token whose episodes somebody else may be dispatching just now: the holder of a lease */
  async #guard(except: string | undefined): Promise<void> {
    const tokens = new Map([...this.#tokens].filter(([token]) => token !== except))
    await this.#dispatchAgain({ ...this.#guardNext, tokens, inDoubt: false })
    this.#guardNext = { older: false, nudged: false }
  }

  /**
   * What is in doubt is dispatched by whoever goes on, or ends the stall, and by nobody else: each message that brings nothing would ask
   * for all of it once more, also for itself.
   */
  async #guardDoubtful(): Promise<void> {
    if (!this.#inDoubt) return
    await this.#dispatchAgain({ older: true, nudged: false, tokens: this.#tokens, inDoubt: true })
    this.#inDoubt = false
  }

  async #dispatchAgain(order: Omit<GuardOrder, 'dispatched'>): Promise<void> {
    const dispatched = this.#dispatched
    const guarded = await guardDuty(this.#ports, this.#live.state, { ...order, dispatched })
    // Their writer may have died before it could delete what they consumed.
    for (const { events } of guarded) {
      for (const factId of events.map(factIdOf)) if (this.#live.inbox.has(factId)) this.#litter.add(factId)
    }
  }

  /** Computes and commits one episode, then does all that follows from it. */
  async #turn(own: readonly OwnFact[]): Promise<'won' | 'lost' | 'gone' | 'stalled'> {
    const { state, inbox } = this.#live
    const rows = [...inbox.values()].filter(({ factId, event }) => isNew(state, factId, event))
    const facts = new Map<string, HistoryEvent>(rows.map(({ factId, event }) => [factId, event]))
    // Two messages may tell of the same fact: a timer that was set once more, by a guard.
    for (const { factId, event } of own)
      if (event !== startFact && !facts.has(factId)) facts.set(factId, event)
    const [carried] = own
    // The first of them is inline's where there is one, so the carrier of the lease stays its carrier.
    const by = carried?.token ?? this.#claims.nudged ?? state.unopened?.by
    assert(by !== undefined, 'a turn has no carrier')
    const request = {
      facts: [...facts.values()],
      by,
      ...(carried && { ownFactId: carried.factId }),
      nonce: this.#ports.newId(),
      now: this.#ports.clock.now(),
      lease: { runner: this.#runner, until: this.#host.deadline() },
    }
    const first = await nextEpisode(this.#live, request, this.#host.app, this.#ports.logger)
    const episode = first && (await runOn(this.#host, this.#live, request, first))
    return episode ? this.#commit(episode) : 'stalled'
  }

  async #commit(computed: Episode): Promise<'won' | 'lost' | 'gone'> {
    const { state } = this.#live
    const { episode, span } = traceNext(this.#ports, state, computed)
    const result = await this.#ports.store.appendEpisode(state.key, episode)
    // One's own write whose answer was lost is a success.
    const won = result.kind === 'committed' || (result.kind === 'lost' && result.to?.nonce === episode.nonce)
    if (won) {
      span.end()
      traceEpisode(this.#ports, this.#live, episode)
      await this.#afterCommit(episode)
      return 'won'
    }
    // The execution has gone ahead of the history and is of no use any more.
    this.#host.instances.drop(state.key)
    return result.kind === 'gone' ? 'gone' : 'lost'
  }

  /** R8, in order: dispatch, tell the parent, show the status, delete the rows. */
  async #afterCommit(episode: Episode): Promise<void> {
    const live = this.#live
    const { state } = live
    absorb(state, episode)
    if (episode.continuedAsNew || isTerminal(episode.status)) live.execution = undefined
    this.#dispatched.add(episode.n)
    this.#host.running.committed(state.key, episode)
    await dispatch(this.#ports, state, { episode, mode: 'first' })
    await show(this.#ports, live, episode)
    const left = new Map<string, InboxRow>()
    for (const row of live.inbox.values()) {
      if (isNew(state, row.factId, row.event) || isAhead(state, row.event)) left.set(row.factId, row)
      else if (isLitter(state, row.factId, episode.n)) this.#litter.add(row.factId)
    }
    live.inbox = left
    await this.#sweepLitter()
    // What came before a generation can be needed by nobody once its carriers are gone; the store knows when.
    if (state.openedBy > 0 && episode.n === state.openedBy + 1)
      await this.#ports.store.trimHistory(state.key, state.openedBy)
  }

  async #sweepLitter(): Promise<void> {
    if (this.#litter.size === 0) return
    await this.#ports.store.deleteInbox(this.#work.key, [...this.#litter])
    this.#litter.clear()
  }

  /**
   * Everything stays, durably, until the instance can go on. The messages are acknowledged, and with them go guards of episodes whose
   * append is still under way: one that has landed when the mark is set is guarded here, a later one by whoever sees the mark.
   * @returns false when an episode has landed, or somebody has ended the stall that this host only heard of
   */
  async #stall(own: readonly OwnFact[]): Promise<boolean> {
    const { key } = this.#work
    const { obstacle: reason, state, shown } = this.#live
    const { store, clock, newId } = this.#ports
    this.#host.instances.drop(key)
    await store.putOutcomes(key, outcomeRows(own, this.#live, clock.now()))
    const heardOf = reason === shown.stalled ? shown.stalled?.mark : undefined
    const stall = reason && { ...reason, mark: newId() }
    if (!(await store.setStalled(key, stall, clock.now(), heardOf))) return false
    const { episodes } = await store.read(key, state.n)
    if (episodes.length > 0) return false
    await this.#sendAgain()
    this.#ports.logger.error('The instance is stalled.', { instanceId: key.instanceId, reason })
    return true
  }

  /** Whoever has taken the lease over owns what comes; nothing may be acknowledged for what was run without it. */
  #stopWithoutLease(): never {
    const message = `The inline activities of ${this.#work.key.instanceId} were taken over by another host.`
    throw new TenutoError('STORAGE_FAILED', message)
  }

  /** Somebody else runs inline activities: the facts wait where they are safe, and so does the message that guards the lease (R12). */
  async #wait(own: readonly OwnFact[]): Promise<void> {
    const { lease } = this.#live.state
    const rest = Math.max(0, (lease?.until ?? 0) - this.#ports.clock.now())
    const isGuard = ({ token, kind }: Message): boolean => token === lease?.by || kind === 'nudge'
    const guards = this.#work.deliveries.filter(({ message }) => isGuard(message))
    const others = own.filter((fact) => !guards.some(({ message }) => message.token === fact.token))
    const order = { own: others, live: this.#live, isPatient: true }
    this.#again.push(...(await putAside(this.#ports, this.#work, order)))
    for (const { message } of guards) this.#held.push({ message, delayMs: rest + 1_000 })
  }

  #leaseView() {
    const { soleProcess, clock } = this.#ports
    // Where carriers were let go, that of the lease may be among them: any message will do.
    const mayTakeOver = (token: string): boolean =>
      this.#tokens.has(token) || this.#claims.nudged !== undefined || mayHaveLostCarriers(this.#live)
    return {
      runner: this.#runner,
      now: clock.now(),
      mayTakeOver,
      ...(soleProcess !== undefined && { soleProcess }),
    }
  }

  /** Runs the inline activities that wait, under one's own lease. @returns false when there is not time enough left */
  async #runInline(): Promise<boolean> {
    const { state } = this.#live
    const { lease } = state
    assert(lease, 'inline activities wait without a lease')
    if (this.#ports.clock.now() > lease.until - leaseMarginMs) {
      for (const { message } of this.#work.deliveries) {
        if (message.token === lease.by) this.#held.push({ message, delayMs: leaseMarginMs })
      }
      return false
    }
    const done = new Set(this.#inlineOutcomes.map(({ factId }) => factId))
    this.#inlineOutcomes = [...this.#inlineOutcomes, ...(await runInline(this.#host, state, done))]
    return true
  }

  /** Tokens that must not be lost although they bring no new fact: those by which this handler was about to go on. */
  #guards(standing: LeaseStanding): ReadonlySet<string | undefined> {
    const { state } = this.#live
    const takeOver = standing === 'expired' ? takeOverBy(state, this.#tokens) : undefined
    return new Set([state.unopened?.by, takeOver, this.#claims.nudged])
  }

  /** The host that ran the inline activities is lost: the queue, and its dead letters, take them from here. */
  async #demote(): Promise<'won' | 'lost' | 'gone'> {
    const { nudged, own } = this.#claims
    const { state } = this.#live
    const facts = own
      .filter(({ factId, event }) => factId.startsWith('n:') && isNew(state, factId, event))
      .map(({ event }) => event)
    const by = nudged ?? takeOverBy(state, this.#tokens)
    assert(by !== undefined, 'nobody may take the lease over')
    const now = this.#ports.clock.now()
    return this.#commit(demotion(this.#live, { facts, by, nonce: this.#ports.newId(), now }))
  }

  /** Many generations in a row: the same message again, so that other instances have their turn. */
  #letOthersRun({ unopened, key, generation }: InstanceState, delayMs: number): void {
    const { deliveries } = this.#work
    const carrier = deliveries.find(({ message }) => message.token === unopened?.by) ?? deliveries[0]
    if (carrier) this.#again.push({ message: carrier.message, delayMs })
    if (delayMs > 0 && generation % limits.generationBurst === 0) {
      const text =
        'The instance continues as new again and again, and nothing from outside drives it: it is held to one generation a second.'
      this.#ports.logger.warn(text, { instanceId: key.instanceId, generation })
    }
  }

  async #finish(): Promise<void> {
    const live = this.#live
    if (mayHaveLostCarriers(live)) await this.#endStall()
    await this.#sweepLitter()
    await this.#sendAgain()
    this.#host.instances.keep(live)
  }

  /** A stall that this handler could have ended, and did not, is the affair of a further nudge: no other message need ever come. */
  async #endStall(): Promise<void> {
    const live = this.#live
    const { nudged } = this.#claims
    const mayEnd = isSettled(live)
    if (mayEnd) {
      await this.#guardDoubtful()
      live.shown = { ...live.shown, stalled: await endStall(this.#ports, live) }
    }
    const isOurs = mayEnd || (nudged !== undefined && !live.obstacle)
    const isSentAgain = [...this.#again, ...this.#held].some(({ message }) => message.kind === 'nudge')
    if (!mayHaveLostCarriers(live) || !isOurs || isSentAgain) return
    // A new one, for the history may have the fact of that which came. Later, because somebody is at work on the instance just now.
    const { newId } = this.#ports
    const message = nudge(live.state.key, newId(), live.state.n)
    this.#again.push({ message, delayMs: jitterMs(message.token) })
  }

  async #sendAgain(): Promise<void> {
    const copies = copiesOf([...this.#claims.early, ...this.#again], this.#live.state.n)
    await sendLater(this.#ports, [...copies, ...this.#held])
  }
}
