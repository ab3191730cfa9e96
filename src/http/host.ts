// A server on a loopback address trusts who can reach it. A web page can, by a name of its own that leads to 127.0.0.1 (DNS rebinding),
// and to the browser that is the same origin; but its requests name that host.

import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { TenutoError } from '../workflow/errors.ts'

/** Node would refuse it by itself, without a word of ours. @throws TenutoError `ERR_MALFORMED_REQUEST` */
export function assertHasHost({ headers: { host }, httpVersion }: IncomingMessage): void {
  if (host !== undefined || httpVersion !== '1.1') return
  throw new TenutoError('ERR_MALFORMED_REQUEST', 'The request has no Host header.')
}

/** Does nothing for a server that is not on a loopback address: it has a name that is not known here. */
export function hostGuard(hostname: string, allowed: readonly string[]): (incoming: IncomingMessage) => void {
  if (!isLoopback(hostname)) return () => {}
  return ({ headers: { host } }) => {
    if (host === undefined) return
    const name = host.replace(/:\d*$/, '').toLowerCase()
    if (isIP(name.replaceAll(/^\[|\]$/g, '')) !== 0) return
    if (name === 'localhost' || name.endsWith('.localhost') || allowed.includes(name)) return
    throw new TenutoError(
      'ERR_FORBIDDEN_ORIGIN',
      `This server is not '${host.slice(0, 100)}'; see allowedHosts.`,
    )
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || hostname.startsWith('127.')
}
