// Numbered behaviours of the engine. A generation records the flags it began with and keeps them, so a change of behaviour never
// disturbs a history that began before it. A number is never used for anything else, and never removed while histories may hold it.

export const engineFlags = {
  /** continueAsNew refuses while a timer or composite of the generation was never awaited (it would be lost silently). */
  refuseUnawaitedAtContinueAsNew: 1,
  /** cancel() of an activity's task is recorded, so that it is not run any more, and hears of it when it runs. */
  recordCancelledTasks: 2,
  /** A promise that `handle` of a retry policy gives back is refused; it used to mean that there is another attempt. */
  refusePromiseOfHandle: 3,
} as const

/** What a generation that begins now records. */
export const currentFlags: readonly number[] = Object.values(engineFlags)
