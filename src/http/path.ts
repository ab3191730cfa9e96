// What a path names. Routes are matched on the raw path, so an escaped slash belongs to its segment; each segment is decoded once, here.

import { TenutoError } from '../workflow/errors.ts'
import { assertName, decodeText } from './validate.ts'

export interface PathNames {
  /** `v1.0-beta1` and the like. */
  readonly version: string
  /** As it came: it goes back in `Location`. */
  readonly component: string
  /** The instance id, or the workflow name of a start. */
  readonly subject: string
  readonly eventName: string
}

/**
 * The names in `/{version}/workflows/{component}/{subject}[/{action}[/{event}]]`; what is not there is empty.
 * @throws TenutoError `ERR_MALFORMED_REQUEST`
 */
export function pathNames(rawPath: string): PathNames {
  const [, version = '', , component = '', subject = '', , eventName = ''] = rawPath.split('/')
  assertName(decodeText(component, 'The component'), 'component', 'ERR_MALFORMED_REQUEST')
  return {
    version,
    component,
    subject: decodeText(subject, 'The path'),
    eventName: decodeText(eventName, 'The event name'),
  }
}

/** The path as it stands in the URL, escapes and all. */
export function rawPathOf({ url }: Request): string {
  return new URL(url).pathname
}

/**
 * The URL of a request target as it came over a wire. Parsing a URL would resolve `..` and turn `\` into `/`: another route than the
 * one that was asked for, so the first is refused and the second escaped.
 * @throws TenutoError `ERR_MALFORMED_REQUEST`
 */
export function urlOfTarget(target: string, origin: string): string {
  const relative = target.replace(/^https?:\/\/[^/?#]*/i, '')
  const [path = ''] = relative.split('?', 1)
  if (!relative.startsWith('/') || relative.includes('#')) {
    throw new TenutoError('ERR_MALFORMED_REQUEST', 'The request target is no path.')
  }
  if (path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) {
    throw new TenutoError('ERR_MALFORMED_REQUEST', "A path segment must not be '.' or '..'.")
  }
  return (
    origin +
    relative.replaceAll('\\', '%5C').replaceAll('\t', '%09').replaceAll('\n', '%0A').replaceAll('\r', '%0D')
  )
}
