// What travels on the queues. A message is a hint with an address; the facts are in the table, or can be made again.

import type { Payload } from '../workflow/payload.ts'
import type { InstanceKey } from './episode.ts'

interface Envelope extends InstanceKey {
  /** Version of the envelope, so that a host that does not know it leaves the message alone. */
  readonly v: 1
  /** One per logical send; kept by a requeued copy and by redrive, new for every further ring. */
  readonly token: string
  /** On a copy: whatever the token carries up to this episode has been dispatched, and needs no guard. */
  readonly dispatchedTo?: number
}

/** Names inbox rows that wait. */
export interface Doorbell extends Envelope {
  readonly kind: 'doorbell'
  readonly factIds: readonly string[]
}

export interface TimerMessage extends Envelope {
  readonly kind: 'timer'
  readonly generation: number
  readonly seq: number
  /** Ms since the epoch. A message that comes earlier is sent again for the rest. */
  readonly dueAt: number
}

/** A push from a sweeper or a recovery: valid only while the instance is still at the episode that it saw, or stalled. */
export interface Nudge extends Envelope {
  readonly kind: 'nudge'
  readonly id: string
  readonly episode: number
}

export interface ActivityMessage extends Envelope {
  readonly kind: 'activity'
  readonly generation: number
  readonly seq: number
  readonly name: string
  readonly input?: Payload
  /** The message would be too large for its queue: the input is that of the command in the history. */
  readonly inputInHistory?: true
  /** From 1; counts the attempts of the retry policy, not redeliveries. */
  readonly attempt: number
  /** Sequence number of the first attempt, from which the idempotency key is made. */
  readonly firstSeq: number
  readonly timeoutMs?: number
  /** Bound between two heartbeats. */
  readonly heartbeatTimeoutMs?: number
  /** No attempt begins twice. */
  readonly atMostOnce?: true
  /** Number of the episode that asks for it, where it is known: so that whoever runs it can look it up without reading all of the past. */
  readonly episode?: number
  /** `traceparent` of the generation that asked for it. */
  readonly trace?: string
  /** The outcome goes to the inbox instead of being committed by the host that ran it. */
  readonly wide?: boolean
}

export type WorkflowMessage = Doorbell | TimerMessage | Nudge
export type Message = WorkflowMessage | ActivityMessage
export type QueueName = 'workflow' | 'activity'

/** The queue that a message belongs on. */
export function queueOf(message: Message): QueueName {
  return message.kind === 'activity' ? 'activity' : 'workflow'
}

/** A message as a queue delivers it. */
export interface Delivery<M extends Message = Message> {
  readonly message: M
  /** 1 at the first delivery. A hint that saves work; nothing rests on it. */
  readonly receiveCount: number
  /** Ms that an activity may run on this host, whatever its own timeout is; absent when there is no end in sight. */
  readonly mayRunMs?: number
}

/** A push for an instance that is at an episode. @param token a new one */
export function nudge({ instanceId, incarnation }: InstanceKey, token: string, episode: number): Nudge {
  return { v: 1, kind: 'nudge', instanceId, incarnation, token, id: `n:${token}`, episode }
}

/** A doorbell for rows of one instance. @param token a new one: a further ring is no carrier */
export function doorbell(
  { instanceId, incarnation }: InstanceKey,
  token: string,
  factIds: readonly string[],
): Doorbell {
  return { v: 1, kind: 'doorbell', instanceId, incarnation, token, factIds }
}
