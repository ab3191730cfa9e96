// From disk to memory: which messages are held in memory, and where on the disk the others begin.
//
// Only messages that a flush has made durable come in. Memory is bounded; what does not fit stays on the disk
// and is loaded when there is room. Of each lane a cursor is kept: rows up to it that still exist are held
// here, in order or in a handler. That is only where loading begins; whether a row is held is always looked
// up, so a cursor that is moved back costs time, never a second delivery.

import type { MessageTable, Position, StoredMessage } from './message-table.ts'

export interface IntakeOptions {
  /** Messages that wait in memory at most, over all lanes … */
  readonly maxMessages: number
  /** … and their size. */
  readonly maxSize: number
  /** Messages that a lane may have in memory however many the others have. */
  readonly perLane: number
}

interface Lane {
  readonly name: string
  cursor: Position
  /** Due rows may lie beyond the cursor. */
  isBehind: boolean
  /** No row beyond the cursor is due before, unless the lane is behind. */
  nextDue: number
  /** Messages of it that wait in memory. */
  waiting: number
}

const before: Position = { visibleAt: Number.NEGATIVE_INFINITY, id: 0 }

export class Intake {
  readonly #table: MessageTable
  readonly #options: IntakeOptions
  readonly #add: (stored: StoredMessage) => void
  readonly #lanes = new Map<string, Lane>()
  /** Ids in memory: waiting, or in a handler. */
  readonly #held = new Set<number>()
  #waiting = 0
  #size = 0

  /** @param add takes a message that may be delivered */
  constructor(table: MessageTable, options: IntakeOptions, add: (stored: StoredMessage) => void) {
    this.#table = table
    this.#options = options
    this.#add = add
    for (const name of table.lanes())
      this.#laneOf(name).nextDue = table.nextDue(name, Number.NEGATIVE_INFINITY)
  }

  /**
   * A message has become durable. It goes straight to memory if it is the next in its lane and there is room.
   */
  arrived(stored: StoredMessage, now: number, isDelivering: boolean): void {
    const lane = this.#laneOf(stored.lane)
    const isNext = !lane.isBehind && stored.visibleAt <= now && stored.visibleAt < lane.nextDue
    if (isDelivering && isNext && this.#hasRoom(lane)) this.#take(lane, stored)
    else this.#leave(lane, stored, now)
  }

  /** Loads what is due and fits. Not while writes are unflushed: it would see them. */
  load(now: number): void {
    for (const lane of this.#lanes.values()) {
      if (lane.nextDue <= now) {
        lane.isBehind = true
        lane.nextDue = Number.POSITIVE_INFINITY // known again when all that is due is loaded
      }
      const isLow = lane.waiting * 2 < this.#options.perLane || this.#waiting * 2 < this.#options.maxMessages
      if (lane.isBehind && isLow && this.#hasRoom(lane)) this.#loadLane(lane, now)
    }
  }

  /** The message goes from the waiting ones into a handler. */
  left({ lane, size }: StoredMessage): void {
    this.#laneOf(lane).waiting -= 1
    this.#waiting -= 1
    this.#size -= size
  }

  /** The message, held so far, is gone from the disk. */
  removed({ id }: StoredMessage): void {
    this.#held.delete(id)
  }

  /** The message, in a handler so far, is now only on the disk. */
  returned(stored: StoredMessage, now: number): void {
    if (this.#held.delete(stored.id)) this.#leave(this.#laneOf(stored.lane), stored, now)
  }

  /** Something on the disk is due. */
  hasBacklog(now: number): boolean {
    return [...this.#lanes.values()].some(({ isBehind, nextDue }) => isBehind || nextDue <= now)
  }

  /** When the next message becomes due that was not at the last load. */
  nextDue(): number {
    return Math.min(...[...this.#lanes.values()].map(({ nextDue }) => nextDue))
  }

  #loadLane(lane: Lane, now: number): void {
    for (const stored of this.#table.due(lane.name, now, lane.cursor)) {
      if (!this.#hasRoom(lane)) return
      if (this.#held.has(stored.id)) lane.cursor = { visibleAt: stored.visibleAt, id: stored.id }
      else this.#take(lane, stored)
    }
    lane.isBehind = false
    lane.nextDue = this.#table.nextDue(lane.name, now)
  }

  #take(lane: Lane, stored: StoredMessage): void {
    lane.cursor = { visibleAt: stored.visibleAt, id: stored.id }
    lane.waiting += 1
    this.#waiting += 1
    this.#size += stored.size
    this.#held.add(stored.id)
    this.#add(stored)
  }

  #leave(lane: Lane, stored: StoredMessage, now: number): void {
    if (!isAfter(stored, lane.cursor)) lane.cursor = { visibleAt: stored.visibleAt, id: stored.id - 1 }
    if (stored.visibleAt <= now) lane.isBehind = true
    else lane.nextDue = Math.min(lane.nextDue, stored.visibleAt)
  }

  #hasRoom(lane: Lane): boolean {
    const { maxMessages, maxSize, perLane } = this.#options
    return lane.waiting < perLane || (this.#waiting < maxMessages && this.#size < maxSize)
  }

  #laneOf(name: string): Lane {
    let lane = this.#lanes.get(name)
    if (!lane) {
      lane = { name, cursor: before, isBehind: false, nextDue: Number.POSITIVE_INFINITY, waiting: 0 }
      this.#lanes.set(name, lane)
    }
    return lane
  }
}

function isAfter({ visibleAt, id }: Position, other: Position): boolean {
  return visibleAt > other.visibleAt || (visibleAt === other.visibleAt && id > other.id)
}
