// Messages in memory that wait for a handler.

import type { StoredMessage } from './message-table.ts'

export interface ReadyList {
  /** Messages that wait. */
  readonly length: number
  add(stored: StoredMessage): void
  /**
   * The messages to hand over next in one call; undefined when there are none, or as many handlers as may be.
   */
  take(): readonly StoredMessage[] | undefined
  /** The handler of what was taken has ended. */
  done(batch: readonly StoredMessage[]): void
}

/** First in, first out, in constant time. */
class Fifo<T> {
  #items: T[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): T | undefined {
    return this.#items[this.#head]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The first ones, `count` at most. */
  shift(count: number): T[] {
    const taken = this.#items.slice(this.#head, this.#head + count)
    this.#head += taken.length
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return taken
  }
}

/** How many messages of one instance a handler gets at once. */
const batchSize = 100

/**
 * Workflow messages: grouped by instance, instances in the order of their first message, one handler at a
 * time for each. What comes in meanwhile goes to the next one, together.
 */
export function workflowList(maxHandlers: number): ReadyList {
  const ready = new Map<string, Fifo<StoredMessage>>()
  /** What waits for instances whose handler runs. */
  const busy = new Map<string, Fifo<StoredMessage>>()
  let length = 0

  return {
    get length() {
      return length
    },

    add(stored) {
      const key = instanceOf(stored)
      let list = busy.get(key) ?? ready.get(key)
      if (!list) ready.set(key, (list = new Fifo()))
      list.push(stored)
      length += 1
    },

    take() {
      if (busy.size >= maxHandlers) return undefined
      for (const [key, list] of ready) {
        ready.delete(key)
        busy.set(key, list)
        const batch = list.shift(batchSize)
        length -= batch.length
        return batch
      }
      return undefined
    },

    done([first]) {
      const key = first ? instanceOf(first) : ''
      const list = busy.get(key)
      busy.delete(key)
      if (list?.length) ready.set(key, list)
    },
  }
}

function instanceOf({ message: { instanceId, incarnation } }: StoredMessage): string {
  return `${instanceId} ${incarnation}`
}

interface ActivityLane {
  readonly waiting: Fifo<StoredMessage>
  running: number
}

/** Activity messages: one to a handler, oldest first among the activities that are below their limit. */
export function activityList(
  maxHandlers: number,
  maxConcurrency: (activityName: string) => number | undefined,
): ReadyList {
  const lanes = new Map<string, ActivityLane>()
  let running = 0
  let length = 0

  const mayRun = ({ waiting, running: count }: ActivityLane) =>
    waiting.first && count < (maxConcurrency(nameOf(waiting.first)) ?? maxHandlers)

  return {
    get length() {
      return length
    },

    add(stored) {
      let lane = lanes.get(stored.lane)
      if (!lane) lanes.set(stored.lane, (lane = { waiting: new Fifo(), running: 0 }))
      lane.waiting.push(stored)
      length += 1
    },

    take() {
      if (length === 0 || running >= maxHandlers) return undefined
      let next: ActivityLane | undefined
      for (const lane of lanes.values()) if (mayRun(lane) && (!next || isOlder(lane, next))) next = lane
      if (!next) return undefined
      next.running += 1
      running += 1
      length -= 1
      return next.waiting.shift(1)
    },

    done([first]) {
      const lane = first && lanes.get(first.lane)
      if (!lane) return
      lane.running -= 1
      running -= 1
      if (lane.running === 0 && lane.waiting.length === 0) lanes.delete(first.lane)
    },
  }
}

function nameOf({ message }: StoredMessage): string {
  return message.kind === 'activity' ? message.name : ''
}

function isOlder({ waiting: { first: a } }: ActivityLane, { waiting: { first: b } }: ActivityLane): boolean {
  if (!a || !b) return false
  return a.visibleAt < b.visibleAt || (a.visibleAt === b.visibleAt && a.id < b.id)
}
