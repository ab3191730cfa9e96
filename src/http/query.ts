// The query parameters. Unknown ones are passed over, as in Dapr; of one given twice the first counts.

import type { IdReusePolicy } from '../runtime/management.ts'
import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { assertAppId, assertNewInstanceId, decodeText } from './validate.ts'
import { idReusePolicies, waitTargets, type WaitTarget } from './wire.ts'

export interface StartQuery {
  readonly instanceId?: string
  /** Ms since the epoch. */
  readonly startAt?: number
  readonly idReusePolicy?: IdReusePolicy
}

export interface WaitQuery {
  /** 0: answer at once. */
  readonly waitMs: number
  readonly until: WaitTarget
  /** Left out: the state at the time of the request. */
  readonly since?: Date
}

type Query = ReadonlyMap<string, string>

/** @throws TenutoError `ERR_MALFORMED_REQUEST`, `ERR_WORKFLOW_APP_ID_INVALID` */
export function parseQuery(url: string): Query {
  const query = new Map<string, string>()
  for (const [name, value] of pairsOf(url)) if (!query.has(name)) query.set(name, value)
  assertAppId(query.get('appID') ?? '')
  return query
}

/** All parameters, in their order. @throws TenutoError `ERR_MALFORMED_REQUEST` */
export function pairsOf(url: string): readonly (readonly [name: string, value: string])[] {
  return new URL(url).search
    .slice(1)
    .split('&')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=').map((part) => part.replaceAll('+', ' '))
      const key = decodeText(name, 'The query')
      return [key, decodeText(value.join('='), `The query parameter '${key.slice(0, 40)}'`)]
    })
}

/** @throws TenutoError `ERR_INSTANCE_ID_TOO_LONG`, `ERR_INSTANCE_ID_INVALID`, `ERR_MALFORMED_REQUEST` */
export function startQuery(query: Query): StartQuery {
  // As in Dapr, an empty id is none.
  const given = query.get('instanceID')
  const instanceId = given === '' ? undefined : given
  const startTime = query.get('startTime')
  const policy = query.get('idReusePolicy')
  if (policy !== undefined && !isIdReusePolicy(policy)) {
    throw new TenutoError(
      'ERR_MALFORMED_REQUEST',
      `idReusePolicy must be one of ${idReusePolicies.join(', ')}, got '${policy.slice(0, 40)}'.`,
    )
  }
  if (instanceId !== undefined) assertNewInstanceId(instanceId)
  return {
    ...(instanceId !== undefined && { instanceId }),
    ...(startTime !== undefined && { startAt: parseTime(startTime, 'startTime').getTime() }),
    ...(policy !== undefined && { idReusePolicy: policy }),
  }
}

/** @throws TenutoError `ERR_MALFORMED_REQUEST` */
export function waitQuery(query: Query): WaitQuery {
  const wait = query.get('wait') ?? '0'
  const until = query.get('until') ?? 'change'
  const since = query.get('since')
  const seconds = /^\d{1,2}(?:\.\d{1,3})?$/.test(wait) ? Number(wait) : Infinity
  if (seconds > limits.waitSeconds) {
    throw new TenutoError(
      'ERR_MALFORMED_REQUEST',
      `wait must be a number of seconds from 0 to ${limits.waitSeconds}, got '${wait.slice(0, 40)}'.`,
    )
  }
  if (!isWaitTarget(until)) {
    throw new TenutoError(
      'ERR_MALFORMED_REQUEST',
      `until must be one of ${waitTargets.join(', ')}, got '${until.slice(0, 40)}'.`,
    )
  }
  return { waitMs: seconds * 1000, until, ...(since !== undefined && { since: parseTime(since, 'since') }) }
}

/** The number of the episode after which a page begins; 0 for the first page. @throws TenutoError `ERR_MALFORMED_REQUEST` */
export function historyQuery(query: Query): number {
  const after = query.get('after') ?? '0'
  if (/^\d{1,15}$/.test(after)) return Number(after)
  throw new TenutoError(
    'ERR_MALFORMED_REQUEST',
    `after must be the number of an episode, got '${after.slice(0, 40)}'.`,
  )
}

const rfc3339 = /^(\d{4}-\d\d-(\d\d))[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/i

export function parseTime(text: string, what: string): Date {
  // A + that nobody encoded reaches us as a space.
  const parts = rfc3339.exec(text.replace(/ (\d\d:\d\d)$/, '+$1'))
  const [, date = '', day, time = '', fraction = '', offset = ''] = parts ?? []
  const at = new Date(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${offset.toUpperCase()}`)
  // The 31st of February would otherwise be a day in March.
  const exists = new Date(`${date}T00:00:00Z`).getUTCDate() === Number(day)
  if (parts && exists && !Number.isNaN(at.getTime())) return at
  throw new TenutoError(
    'ERR_MALFORMED_REQUEST',
    `${what} must be a time of RFC 3339, such as 2026-01-31T09:30:00Z, got '${text.slice(0, 40)}'.`,
  )
}

function isIdReusePolicy(text: string): text is IdReusePolicy {
  return (idReusePolicies as readonly string[]).includes(text)
}

function isWaitTarget(text: string): text is WaitTarget {
  return (waitTargets as readonly string[]).includes(text)
}
