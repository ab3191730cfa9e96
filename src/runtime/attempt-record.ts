// What one run of an activity on a queue leaves for those that come after it: that it has begun (a claim), how far it has come (a
// heartbeat); and what it hears meanwhile. All of it lies in one row a call, which is written only for those who ask for it.

import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import type { Payload } from '../workflow/payload.ts'
import { Hearing } from './hearing.ts'
import type { ActivityMessage } from './messages.ts'
import type { Ports } from './ports.ts'
import type { AttemptRow } from './rows.ts'

/** A claim counts for a little longer than it says, because clocks differ. */
const claimMarginMs = 5_000
/** A claim is renewed so long before it ends. */
const renewalMs = 20_000

export interface RecordHost {
  readonly ports: Ports
  /** Ms since the epoch until which what begins now may run. */
  readonly deadline: () => number
}

export class AttemptRecord {
  /** When it was heard of last, ms since the epoch. */
  beatAt: number
  readonly hearing: Hearing
  readonly #host: RecordHost
  readonly #message: ActivityMessage
  readonly #nonce: string
  readonly #over = new AbortController()
  #claimedUntil: number | undefined
  #details: Payload
  /** The row that was there before this run wrote its own. */
  #before: Promise<AttemptRow | undefined> | undefined
  /** The write that the next heartbeat goes with. */
  #next: Promise<void> | undefined
  #writing: Promise<void> = Promise.resolve()
  #isDropped = false
  #hasWritten = false
  #writtenAt = Number.NEGATIVE_INFINITY

  constructor(host: RecordHost, message: ActivityMessage) {
    const { soleProcess, newId, clock } = host.ports
    this.#host = host
    this.#message = message
    this.hearing = new Hearing(message)
    this.#nonce = soleProcess === undefined ? newId() : `${soleProcess}:${newId()}`
    this.beatAt = clock.now()
  }

  /**
   * Takes the right to run the attempt, once and for all. What the history says of it must be read after this: a claim that comes late is
   * granted where an outcome was reported long ago.
   * @returns undefined when this run has it, else the row of the run that does
   */
  async claim(): Promise<AttemptRow | undefined> {
    const { store } = this.#host.ports
    const before = await this.#earlier()
    if (before && before.seq >= this.#message.seq) return before
    this.#details = before?.details
    this.#claimedUntil = this.#host.deadline()
    const put = async () => store.putAttempt(this.#message, this.#row(), before?.nonce)
    // One's own claim, whose answer was lost, is known by its nonce.
    const inTheWay = await put().catch(put)
    if (inTheWay) return inTheWay
    this.#hasWritten = true
    await store.settled()
    return undefined
  }

  /** Renews the claim, if there is one, for as long as the host may go on; until the signal is aborted, because the outcome is safe. */
  async keep(finished: AbortSignal): Promise<void> {
    const { clock, logger } = this.#host.ports
    while (this.#claimedUntil !== undefined && !finished.aborted) {
      await clock.sleep(Math.max(1_000, this.#claimedUntil - clock.now() - renewalMs), finished)
      if (finished.aborted || this.#host.deadline() <= this.#claimedUntil) continue
      await this.#enqueue().catch((error: unknown) => {
        logger.warn('The claim of an activity could not be renewed.', {
          ...this.#named(),
          error: String(error),
        })
      })
    }
  }

  /** Resolves when the details are durable; calls that come quickly share a write. */
  async beat(details: Payload): Promise<void> {
    this.beatAt = this.#host.ports.clock.now()
    if (details !== undefined) this.#details = details
    this.#next ??= this.#soon()
    return this.#next
  }

  /** Details that an earlier run left, or this one. */
  async lastDetails(): Promise<Payload> {
    return this.#details ?? (await this.#earlier())?.details
  }

  /** The run is over; what a heartbeat was still to write is written at once if `isWanted`, else not any more. */
  async close(isWanted: boolean): Promise<void> {
    const next = this.#next
    this.#isDropped = !isWanted
    this.#over.abort()
    await next?.catch(() => {})
  }

  async #soon(): Promise<void> {
    const { clock } = this.#host.ports
    await this.#writing.catch(() => {})
    const restMs = this.#writtenAt + limits.heartbeatIntervalMs - clock.now()
    if (restMs > 0) await clock.sleep(restMs, this.#over.signal)
    this.#next = undefined
    return this.#isDropped ? undefined : this.#enqueue()
  }

  /** One write after the other. */
  #enqueue(): Promise<void> {
    const write = this.#writing.catch(() => {}).then(async () => this.#write())
    this.#writing = write
    return write
  }

  async #write(): Promise<void> {
    const { ports, deadline } = this.#host
    this.#writtenAt = ports.clock.now()
    const before = await this.#earlier()
    // A later attempt has begun: nobody wants to hear of this one.
    if (before && before.seq > this.#message.seq) return
    this.#details ??= before?.details
    if (this.#claimedUntil !== undefined) this.#claimedUntil = Math.max(this.#claimedUntil, deadline())
    const inTheWay = await ports.store.putAttempt(this.#message, this.#row(), before?.nonce)
    // Two runs of the same attempt began at once. One that had written is overtaken by whoever writes after it, and tells no more.
    if (inTheWay?.seq === this.#message.seq && !this.#hasWritten)
      await ports.store.putAttempt(this.#message, this.#row(), inTheWay.nonce)
    this.#hasWritten = true
    await ports.store.settled()
    await this.hearing.listen(ports.store)
  }

  async #earlier(): Promise<AttemptRow | undefined> {
    const read = (this.#before ??= this.#host.ports.store.getAttempt(this.#message, this.#message))
    read.catch(() => {
      this.#before = undefined
    })
    return read
  }

  #row(): AttemptRow {
    const { generation, firstSeq, seq } = this.#message
    const [until, details] = [this.#claimedUntil, this.#details]
    return {
      generation,
      firstSeq,
      seq,
      nonce: this.#nonce,
      ...(until !== undefined && { until }),
      ...(details !== undefined && { details }),
    }
  }

  #named() {
    const { instanceId, name: activity } = this.#message
    return { instanceId, activity }
  }
}

/** Ms for which the run that has the claim may still be at work; 0 when it is lost. */
export function msUntilOver({ until = 0, nonce }: AttemptRow, { clock, soleProcess }: Ports): number {
  // The process that had claimed it is gone.
  if (soleProcess !== undefined && !nonce.startsWith(`${soleProcess}:`)) return 0
  return Math.max(0, until + claimMarginMs - clock.now())
}

/** What becomes of an attempt that began and whose end nobody knows, where it may not be run again. */
export function interruption({ name }: ActivityMessage): TenutoError {
  return new TenutoError(
    'ACTIVITY_INTERRUPTED',
    `Activity '${name}' began, and its host was lost before it ended. It runs at most once, so it is not run again.`,
  )
}
