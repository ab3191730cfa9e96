// A process that stands in for a container of Lambda: it loads a bundle as Lambda does, calls its handler with what it is sent, and ends
// at what would end a container. Started by containers.ts.

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

type Handler = (event: unknown, context: unknown) => Promise<unknown>

export interface Call {
  readonly id: number
  readonly event: unknown
  readonly timeoutMs: number
}

export interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** What a loaded bundle is like. */
export interface Loaded {
  /** Number of declared parameters of every function that it exports. */
  readonly lengths: Readonly<Record<string, number>>
  /** Built-in modules that loading it has loaded. */
  readonly builtins: readonly string[]
}

// As Lambda's runtime does it, before it loads the handler.
process.on('unhandledRejection', () => process.exit(128))
process.on('uncaughtException', () => process.exit(129))

// Ctrl+C in a terminal reaches every process there; this one ends when its parent says so, or is gone.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit())

const [, , path = ''] = process.argv
const before = new Set(loadList())
const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, Handler>
const functions = Object.entries(exported).filter(([, value]) => typeof value === 'function')
const lengths = Object.fromEntries(functions.map(([name, { length }]) => [name, length]))
process.send?.({ lengths, builtins: loadList().filter((name) => !before.has(name)) } satisfies Loaded)

process.on('message', ({ id, event, timeoutMs }: Call) => {
  const deadline = Date.now() + timeoutMs
  const context = {
    awsRequestId: `request-${id}`,
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'function',
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
  Promise.resolve(exported['handler']?.(event, context)).then(
    (result) => process.send?.({ id, result } satisfies Answer),
    (error: unknown) => process.send?.({ id, error: String(error) } satisfies Answer),
  )
})

function loadList(): readonly string[] {
  return (process as unknown as { readonly moduleLoadList: readonly string[] }).moduleLoadList
}
