// An embedded backend that runtimes and clients of one process share. It is open while one of them uses it, and delivers while a runtime
// runs.

import { resolve } from 'node:path'
import process from 'node:process'
import { type LocalBackend, openLocalBackend } from '../local/index.ts'
import { createManagement } from '../runtime/manage.ts'
import type { Management } from '../runtime/management.ts'
import { createRuntime, type Runtime } from '../runtime/runtime.ts'
import type { App } from '../workflow/app.ts'
import type { Logger } from '../workflow/logger.ts'
import { joinApps } from './registry.ts'

/** How long a stop waits for what is running, as Dapr's does. */
const stopGraceMs = 30_000

type Open = (logger: Logger) => Promise<LocalBackend>

export class Host {
  readonly #open: Open
  readonly #apps = new Set<App>()
  readonly #clients = new Set<object>()
  #backend: LocalBackend | undefined
  #runtime: Runtime | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(open: Open) {
    this.#open = open
  }

  /** The operations for a client, which keeps the backend open until `release`. */
  async managementFor(client: object, logger: Logger): Promise<Management> {
    return this.#inTurn(async () => {
      const { ports } = await this.#opened(logger)
      this.#clients.add(client)
      return createManagement(ports)
    })
  }

  async release(client: object): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#clients.delete(client) && this.#clients.size + this.#apps.size === 0) await this.#close()
    })
  }

  /** Runs an app beside those that run already. */
  async start(app: App, logger: Logger): Promise<void> {
    return this.#inTurn(async () => {
      const backend = await this.#opened(logger)
      const isFirst = !this.#runtime
      this.#runtime ??= createRuntime(joinApps(this.#apps), backend.ports, { logger })
      const runtime = this.#runtime
      this.#apps.add(app)
      await runtime.recoverStalled()
      await runtime.recoverStarts()
      if (isFirst) backend.run(runtime, { maxConcurrency: () => undefined })
    })
  }

  /** Waits for what is running. After the last app nothing is delivered any more. */
  async stop(app: App): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#apps.delete(app) && this.#apps.size === 0) await this.#close()
    })
  }

  async #opened(logger: Logger): Promise<LocalBackend> {
    this.#backend ??= await this.#open(logger)
    return this.#backend
  }

  /** A backend delivers once; clients that are left open it anew. */
  async #close(): Promise<void> {
    const backend = this.#backend
    this.#backend = undefined
    await backend?.stop()
    this.#runtime?.close()
    this.#runtime = undefined
  }

  /** One after the other: a start must not find a backend that is being stopped. */
  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task, task)
    this.#last = turn.catch(() => {})
    return turn
  }
}

const hosts = new Map<string, Host>()
const hostOfBackend = new WeakMap<LocalBackend, Host>()

/**
 * The host of this process: in the folder `.tenuto` below the working directory, or where `TENUTO_DATA` says (`:memory:`: nowhere; then
 * everything ends with the last runtime).
 */
export function sharedHost(): Host {
  const { TENUTO_DATA: given = '' } = process.env
  const place = given === '' ? '.tenuto' : given
  const dataDir = place === ':memory:' ? place : resolve(place)
  return present(hosts, dataDir, async (logger) => openLocalBackend({ dataDir, logger, stopGraceMs }))
}

/** The host of a backend that somebody else has opened. */
export function hostOf(backend: LocalBackend): Host {
  return present(hostOfBackend, backend, async () => backend)
}

interface Hosts<K> {
  get(key: K): Host | undefined
  set(key: K, host: Host): unknown
}

function present<K>(of: Hosts<K>, key: K, open: Open): Host {
  const host = of.get(key) ?? new Host(open)
  of.set(key, host)
  return host
}
