// The management API as one function from Request to Response; serve() puts it on a socket.
export { createHttpApi, type HttpApiOptions, type HttpHandler } from './api.ts'
export { urlOfTarget } from './path.ts'
export type { WireError, WireStatus } from './wire.ts'
