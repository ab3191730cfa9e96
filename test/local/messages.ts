// Messages for tests, also for those that run in a child process.

import type { InstanceKey } from '../../src/runtime/episode.ts'
import type { ActivityMessage, Doorbell, TimerMessage } from '../../src/runtime/messages.ts'
import { key } from '../conformance/samples.ts'

/** Of a process. */
let tokens = 0

export function doorbell(to: Partial<InstanceKey> = {}, factIds: readonly string[] = ['start']): Doorbell {
  return { v: 1, token: `message-${++tokens}`, ...key, ...to, kind: 'doorbell', factIds }
}

export function timer(seq: number, dueAt: number, to: Partial<InstanceKey> = {}): TimerMessage {
  return { v: 1, token: `message-${++tokens}`, ...key, ...to, kind: 'timer', generation: 1, seq, dueAt }
}

export function activity(name: string, seq = 1, to: Partial<InstanceKey> = {}): ActivityMessage {
  const call = { name, attempt: 1, generation: 1, seq, firstSeq: seq }
  return { v: 1, token: `message-${++tokens}`, ...key, ...to, kind: 'activity', ...call }
}

export const unlimited = { maxConcurrency: () => undefined }
