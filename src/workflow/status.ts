/** Runtime status of a workflow instance, in Dapr's words; `STALLED` is Tenuto's own: it waits for code that fits its history. */
export type RuntimeStatus =
  | 'PENDING'
  | 'RUNNING'
  | 'COMPLETED'
  | 'FAILED'
  | 'TERMINATED'
  | 'SUSPENDED'
  | 'CONTINUED_AS_NEW'
  | 'STALLED'

export type TerminalStatus = 'COMPLETED' | 'FAILED' | 'TERMINATED'

/** A terminal status is final: no later write changes it (only purge or reuse of the id ends it). */
export function isTerminal(status: RuntimeStatus): status is TerminalStatus {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'TERMINATED'
}
