// The management API as one function from Request to Response. What needs node:http is in server.ts, which a Lambda bundle goes without.
export { createHttpApi, type HttpApiOptions, type HttpHandler } from './api.ts'
export { urlOfTarget } from './path.ts'
export type { WireError, WireStatus } from './wire.ts'
