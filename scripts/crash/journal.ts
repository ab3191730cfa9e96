// What the clients know: what they have asked for, what was accepted, and what they have seen. The checker has nothing else to go by.

export interface Entry {
  /** Unique in the run; says who wrote it. */
  readonly text: string
  readonly client: number
  isAccepted: boolean
}

/** A status as a client has seen it, each of the same client after the one before. */
export interface Seen {
  readonly client: number
  readonly status: string
  readonly customStatus: string
  readonly output: string
}

export interface Instance {
  readonly id: string
  readonly workflow: 'ledger' | 'batch'
  /** Of a batch. */
  readonly size: number
  isAccepted: boolean
  termination: 'none' | 'attempted' | 'accepted'
  /** Sent to a ledger, in the order of each client. */
  readonly entries: Entry[]
  readonly seen: Seen[]
}

export class Journal {
  readonly instances = new Map<string, Instance>()
  /** Answers that no client should ever get. */
  readonly complaints: string[] = []
  /** Starts that were given up halfway. */
  abandoned = 0
  /** Requests that were made again. */
  retries = 0

  add(id: string, workflow: Instance['workflow'], size = 0): Instance {
    const instance: Instance = {
      id,
      workflow,
      size,
      isAccepted: false,
      termination: 'none',
      entries: [],
      seen: [],
    }
    this.instances.set(id, instance)
    return instance
  }
}
