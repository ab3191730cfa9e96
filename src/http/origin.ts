// A browser sends requests that no user asked for: any page can post to localhost, and no content type is needed to start a workflow.
// So what changes something is refused when a browser says that a page of another origin sent it. Programs do not say such things.

import { TenutoError } from '../workflow/errors.ts'

/** @throws TenutoError `ERR_FORBIDDEN_ORIGIN` */
export function assertSameOrigin({ method, headers }: Request): void {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return
  const site = headers.get('sec-fetch-site')
  if (site !== null ? site === 'same-origin' || site === 'none' : isOwnOrigin(headers)) return
  throw new TenutoError('ERR_FORBIDDEN_ORIGIN', 'A web page of another origin may not do this.')
}

/** Browsers older than Sec-Fetch-Site send an origin with every POST. */
function isOwnOrigin(headers: Headers): boolean {
  const origin = headers.get('origin')
  return origin === null || (URL.canParse(origin) && new URL(origin).host === headers.get('host'))
}
