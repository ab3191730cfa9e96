// Where the workflow code is, for the messages that say so.

import { type Caller, type CallSite, captureSite, describeSite } from './call-site.ts'

export class CodePosition {
  #what: string | undefined
  #site: CallSite | undefined
  #caller: Caller | undefined

  /** A durable call begins. */
  enter(what: string, site: CallSite | undefined): void {
    this.#what = what
    this.#site = site
  }

  /** The workflow has called this function of the engine. */
  entered(caller: Caller): void {
    this.#caller = caller
  }

  /** The last durable call and, in a new turn, where it was made: `after callActivity('charge') at file:line:column`. */
  get lastCall(): string {
    return this.#what === undefined
      ? 'before any durable call'
      : `after ${this.#what}${describeSite(this.#site)}`
  }

  /** The place alone: `at file:line:column`, or empty. */
  get lastPlace(): string {
    return describeSite(this.#site).trim()
  }

  /** ` at file:line:column` of the durable call that is being made; empty when the engine itself makes it. */
  get callSite(): string {
    return this.#caller ? describeSite(captureSite(this.#caller)) : ''
  }
}
