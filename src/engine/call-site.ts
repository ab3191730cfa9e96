// Where a durable call was made, for the messages that name it.

/** A stack captured at a durable call; formatted only when it is shown. */
export interface CallSite {
  stack?: string
}

/** A function on the stack: what it called is not shown. */
export type Caller = (...args: never[]) => unknown

/** Who calls the engine in the workflow's name while this is set. */
let layer: Caller | undefined

/** Makes a durable call in the name of the workflow that has called `caller`: places are shown as seen from there. */
export function callFrom<T>(caller: Caller, call: () => T): T {
  const outer = layer
  layer ??= caller
  try {
    return call()
  } finally {
    layer = outer
  }
}

/** The stack above `caller`; short, and formatted only if somebody reads it. Empty when `caller` is not on the stack. */
export function captureSite(caller: Caller): CallSite {
  const site: CallSite = {}
  const limit = Error.stackTraceLimit
  // A process that does without stacks does without this one.
  Error.stackTraceLimit = Math.min(3, limit)
  Error.captureStackTrace(site, layer ?? caller)
  Error.stackTraceLimit = limit
  return site
}

/** First line of the user's own code in a captured stack: ` at file:line:column`. */
export function describeSite(site: CallSite | undefined): string {
  const frames = site?.stack?.split('\n').slice(1)
  const frame = frames?.find((line) => !line.includes('node:internal') && !line.includes('<anonymous>)'))
  return frame ? ` ${frame.trim()}` : ''
}
