// Group commit. Every write of the backend goes through here: its statements run at once, in one transaction
// shared by all calls of a turn of the event loop, and the transaction is flushed at the end of the turn,
// with one fsync for all of them.
//
// So there is one serial order of writes, and whatever is durable has everything before it durable too. That
// is why a handler is answered at once: nothing that it does later becomes durable without what it did
// before. When a flush fails, all of the group is undone together, and every handler that wrote or read in it
// is fenced off. Everybody else is answered after the flush.

import { setImmediate } from 'node:timers'
import { TenutoError } from '../workflow/errors.ts'
import type { Database } from './database.ts'
import type { Fence, HandlerCall } from './fence.ts'
import { toStorageError } from './storage-errors.ts'

/** What a write may say to the group it is part of. */
export interface Group {
  /** Something visible of the instance changes. */
  changes(instanceId: string): void
  /** Runs right after the flush, in order, before any caller hears of it. */
  afterFlush(effect: () => void): void
}

export interface FlushListener {
  flushed(changed: ReadonlySet<string>): void
  failed(error: TenutoError): void
}

/** Writes after which a handler waits as well, so that a long row of them does not hold up the event loop. */
const longestGroup = 1_000

class OpenGroup implements Group {
  readonly changed = new Set<string>()
  readonly effects: (() => void)[] = []
  readonly calls = new Set<HandlerCall>()
  readonly done = Promise.withResolvers<void>()
  writes = 0

  constructor() {
    this.done.promise.catch(() => {}) // handlers do not wait for it
  }

  changes(instanceId: string): void {
    this.changed.add(instanceId)
  }

  afterFlush(effect: () => void): void {
    this.effects.push(effect)
  }
}

export class WriteLog {
  readonly #database: Database
  readonly #fence: Fence
  readonly #listener: FlushListener
  #group: OpenGroup | undefined
  #isClosed = false

  constructor(database: Database, fence: Fence, listener: FlushListener) {
    this.#database = database
    this.#fence = fence
    this.#listener = listener
  }

  /** Something is not flushed yet; reads would see it. */
  get isOpen(): boolean {
    return this.#group !== undefined
  }

  /**
   * Runs statements. Resolves when they are durable, rejects when they are undone; for a handler, resolves as
   * soon as they have their place in the order.
   */
  async write<T>(statements: (group: Group) => T): Promise<T> {
    const call = this.#enter()
    const group = this.#group ?? this.#open(call)
    if (call) group.calls.add(call)
    group.writes += 1
    const result = this.#execute(group, statements)
    if (!call || group.writes >= longestGroup) await group.done.promise
    return result
  }

  /**
   * Sees what is not flushed yet, but shows it only to a handler, with which it stands or falls. Others wait
   * while it (the instance; left out: anything) is being changed: no crash takes back what they were shown.
   */
  async read<T>(query: () => T, instanceId?: string): Promise<T> {
    const call = this.#enter()
    const group = this.#group
    if (call) group?.calls.add(call)
    const result = this.#query(query)
    const isChanging = group && (instanceId === undefined || group.changed.has(instanceId))
    if (isChanging && !call) await group.done.promise
    return result
  }

  /** Resolves when everything so far is durable; rejects when it is undone. */
  async settled(): Promise<void> {
    this.#enter()
    await this.#group?.done.promise
  }

  /** Makes everything so far durable, or undoes it. */
  flush(): void {
    const group = this.#group
    if (!group) return
    try {
      this.#database.commit()
    } catch (error) {
      this.#fail(group, toStorageError(error, 'write to the disk'))
      return
    }
    this.#group = undefined
    for (const effect of group.effects) effect()
    group.done.resolve()
    this.#listener.flushed(group.changed)
  }

  /** Flushes; every later call is refused. */
  close(): void {
    this.flush()
    this.#isClosed = true
  }

  #enter(): HandlerCall | undefined {
    if (this.#isClosed) throw new TenutoError('UNAVAILABLE', 'The backend has been stopped.')
    const call = this.#fence.current()
    if (call?.isVoid) {
      throw new TenutoError(
        'STORAGE_FAILED',
        'What this handler rests on could not be written; its message comes again.',
      )
    }
    return call
  }

  #open(call: HandlerCall | undefined): OpenGroup {
    try {
      this.#database.begin()
    } catch (error) {
      if (call) call.isVoid = true
      throw toStorageError(error, 'begin to write')
    }
    const group = new OpenGroup()
    this.#group = group
    setImmediate(() => this.#group === group && this.flush())
    return group
  }

  #execute<T>(group: OpenGroup, statements: (group: Group) => T): T {
    try {
      return statements(group)
    } catch (error) {
      // Some of the statements may have run: the group is not what it should be.
      const reported = toStorageError(error, 'write')
      this.#fail(group, reported)
      throw reported
    }
  }

  #query<T>(query: () => T): T {
    try {
      return query()
    } catch (error) {
      const reported = toStorageError(error, 'read')
      if (this.#group && !this.#database.inTransaction) this.#fail(this.#group, reported)
      throw reported
    }
  }

  #fail(group: OpenGroup, error: TenutoError): void {
    this.#group = undefined
    try {
      this.#database.rollback()
    } catch {
      // The next begin tries again.
    }
    for (const call of group.calls) call.isVoid = true
    group.done.reject(error)
    this.#listener.failed(error)
  }
}
