// Waiting for an instance from outside: by the platform's own signal where there is one, else by asking again, ever more slowly.

import { isTerminal } from '../workflow/status.ts'
import type { InstanceView, WaitUntil } from './management.ts'
import type { Ports } from './ports.ts'

interface WaitRequest {
  readonly instanceId: string
  readonly until: WaitUntil
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

const firstPollMs = 100
const slowestPollMs = 1_000

/** @returns the newest view when it has come to what is waited for, when time is up or the signal is aborted; undefined when unknown. */
export async function waitForInstance(
  ports: Pick<Ports, 'clock' | 'watch'>,
  get: () => Promise<InstanceView | undefined>,
  request: WaitRequest,
): Promise<InstanceView | undefined> {
  const deadline = ports.clock.now() + request.timeoutMs
  for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 2, slowestPollMs)) {
    const done = new AbortController()
    const signal = request.signal ? AbortSignal.any([request.signal, done.signal]) : done.signal
    // The watch begins before the look, so that nothing can slip between them.
    const changed = ports.watch?.(request.instanceId, signal)
    try {
      const view = await get()
      const rest = deadline - ports.clock.now()
      if (!view || hasCome(view, request.until) || rest <= 0 || request.signal?.aborted) return view
      const pause = ports.clock.sleep(changed ? rest : Math.min(rest, pollMs), signal)
      await Promise.race(changed ? [changed, pause] : [pause])
    } finally {
      done.abort()
    }
  }
}

function hasCome(view: InstanceView, until: WaitUntil): boolean {
  if (isTerminal(view.status)) return true
  if (until === 'completion') return false
  if (until === 'start') return view.status !== 'PENDING'
  return view.lastUpdatedAt.getTime() > until.changeSince.getTime()
}
