// Requests that nobody would write: valid ones with a few things wrong, and bytes that are none. The dice decide everything, so a number
// and a seed give the same request again.

import { versionPrefixes } from '../../src/http/wire.ts'
import { limits } from '../../src/workflow/limits.ts'
import { Rng } from '../../test/simulation/rng.ts'

export type Kind = 'structured' | 'raw' | 'pipelined' | 'slow'

export interface FuzzRequest {
  readonly kind: Kind
  /** Sent one after the other; of a slow one with pauses between, and no end. */
  readonly parts: readonly Uint8Array[]
}

interface Parts {
  method: string
  version: string
  segments: string[]
  query: string[]
  headers: string[]
  body: Uint8Array
  protocol: string
  contentLength: string | undefined
}

const encoder = new TextEncoder()
const workflows = ['echo', 'waiting', 'waiting', 'waiting', 'waiting', 'working', 'unknown']
const commands = ['pause', 'pause', 'pause', 'resume', 'resume', 'resume', 'terminate', 'purge']

/** Requests of about the same number are about the same few instances. */
const requestsPerId = 40
const idsAtOnce = 4

/** The dice, and the instances that there may be. */
interface Dice extends Pick<Rng, 'chance' | 'int' | 'next' | 'pick'> {
  readonly ids: readonly string[]
}

export function fuzzRequest(seed: number, number: number): FuzzRequest {
  const newest = Math.floor(number / requestsPerId)
  const ids = Array.from({ length: idsAtOnce }, (_, at) => `fuzz-${Math.max(0, newest - at)}`)
  return nextRequest(Object.assign(new Rng(Math.imul(seed * 1_000_003 + number, 2_654_435_761)), { ids }))
}

function nextRequest(rng: Dice): FuzzRequest {
  const luck = rng.next()
  if (luck < 0.72) return { kind: 'structured', parts: [render(mutated(rng), rng)] }
  if (luck < 0.95) return { kind: 'raw', parts: [rawBytes(rng)] }
  if (luck < 0.9995) {
    const count = rng.int(2, 5)
    const many = Array.from({ length: count }, (_, at) =>
      render(at < count - 1 ? valid(rng) : mutated(rng), rng, at < count - 1),
    )
    return { kind: 'pipelined', parts: [concat(many)] }
  }
  const bytes = render(valid(rng), rng)
  const cut = rng.int(1, bytes.length - 1)
  return { kind: 'slow', parts: [bytes.slice(0, cut), bytes.slice(cut, cut + 1)] }
}

/** A request as a client makes it. */
function valid(rng: Dice): Parts {
  const id = rng.pick(rng.ids)
  const make = (method: string, segments: string[], query: string[], payload: unknown): Parts => ({
    method,
    version: rng.pick(versionPrefixes),
    segments: ['workflows', 'dapr', ...segments],
    query,
    headers: rng.chance(0.3) ? [`Idempotency-Key: key-${rng.int(0, 50)}`] : [],
    body: payload === undefined ? new Uint8Array() : encoder.encode(JSON.stringify(payload)),
    protocol: 'HTTP/1.1',
    contentLength: undefined,
  })
  switch (rng.int(0, 5)) {
    case 0:
    case 1:
      return make('POST', [rng.pick(workflows), 'start'], [`instanceID=${id}`], json(rng, 2))
    case 2:
      return make('POST', [id, 'raiseEvent', rng.pick(['go', 'stop', 'Stop', 'stay'])], [], json(rng, 2))
    case 3:
      return make('POST', [id, rng.pick(commands)], [], rng.chance(0.5) ? {} : undefined)
    case 4:
      return make('GET', [id, 'history'], rng.chance(0.5) ? [`after=${rng.int(0, 3)}`] : [], undefined)
    default:
      return make('GET', [id], rng.chance(0.3) ? ['wait=0.01', 'until=start'] : [], undefined)
  }
}

function mutated(rng: Dice): Parts {
  const parts = valid(rng)
  for (let count = rng.pick([0, 0, 0, 0, 1, 1, 1, 2, 3]); count > 0; count--) rng.pick(mutations)(parts, rng)
  return parts
}

const mutations: readonly ((parts: Parts, rng: Dice) => void)[] = [
  (parts, rng) => {
    parts.method = rng.pick(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT'])
  },
  (parts, rng) => {
    parts.version = rng.pick(['/v2.0', '', '/', '//', '/v1.0-beta1/v1.0', '/V1.0', '/v1.0%2d'])
  },
  (parts, rng) => {
    parts.segments[rng.int(0, parts.segments.length - 1)] = segment(rng)
  },
  (parts, rng) => {
    parts.segments.splice(rng.int(0, parts.segments.length), rng.int(0, 2), segment(rng))
  },
  (parts, rng) => {
    const names = [
      'instanceID',
      'appID',
      'startTime',
      'wait',
      'until',
      'since',
      'after',
      'pageToken',
      'limit',
    ]
    const name = rng.chance(0.9) ? rng.pick(names) : segment(rng)
    // Nobody is to wait for long here.
    const values = ['', '0', '-1', '0.01', '99', '1e3', 'NaN', 'start', 'change', '2030-01-01T00:00:00Z', '+']
    parts.query.push(`${name}=${rng.chance(0.5) ? rng.pick(values) : segment(rng)}`)
  },
  (parts, rng) => {
    parts.headers.push(header(rng))
  },
  (parts, rng) => {
    parts.body = anyBody(rng)
    if (parts.method === 'GET' && rng.chance(0.8)) parts.method = 'POST'
  },
  (parts, rng) => {
    parts.protocol = rng.pick(['HTTP/1.0', 'HTTP/1.1', 'HTTP/2', 'HTTP/9.9', 'http/1.1', ''])
  },
  (parts, rng) => {
    parts.contentLength = rng.pick([
      '0',
      '5',
      '-5',
      'x',
      '1e3',
      '4000000',
      '99999999999',
      '18446744073709551616',
    ])
  },
  (parts, rng) => {
    if (rng.chance(0.2)) parts.query.push(`x=${'y'.repeat(limits.urlCharacters - 80 + rng.int(-20, 60))}`)
  },
  (parts, rng) => {
    if (rng.chance(0.2))
      parts.headers.push(`X-Large: ${'z'.repeat(limits.headerBytes - 300 + rng.int(-100, 400))}`)
  },
]

const strangeSegments = ['', '.', '..', '%2e%2e', '%', '%zz', '%00', '%2F', '%ED%A0%80', '%C0%80', '\\', '*']

function segment(rng: Dice): string {
  const text = anyText(rng, rng.chance(0.05) ? 600 : 12)
  switch (rng.int(0, 4)) {
    case 0:
    case 1:
      return encodeURIComponent(text.toWellFormed())
    case 2:
      if (rng.chance(0.8))
        return encodeURIComponent(rng.pick(['Über', '日本', '🙂', 'e\u0301', '½', 'a b', 'a:b']))
      // As UTF-8 on the wire, unescaped.
      return text.replaceAll(/[\s#?/]/gu, '-')
    case 3:
      return rng.pick(strangeSegments)
    default:
      return rng.pick([
        ...rng.ids,
        ...workflows,
        ...commands,
        'start',
        'raiseEvent',
        'history',
        '__proto__',
        'constructor',
      ])
  }
}

function header(rng: Dice): string {
  const known = [
    `Idempotency-Key: ${anyText(rng, rng.chance(0.1) ? 400 : 8)}`,
    `Content-Type: ${rng.pick(['application/json', 'text/plain', 'multipart/form-data', ';;', ''])}`,
    `Content-Encoding: ${rng.pick(['gzip', 'br', 'identity', 'x'])}`,
    `Transfer-Encoding: ${rng.pick(['chunked', 'gzip, chunked', 'identity', 'xchunked'])}`,
    `Origin: ${rng.pick(['null', 'http://evil.example', 'http://localhost', anyText(rng, 8)])}`,
    `Sec-Fetch-Site: ${rng.pick(['same-origin', 'cross-site', 'none', 'x'])}`,
    `Host: ${rng.pick(['evil.example', 'localhost', '[::1]', '', '127.0.0.1:1', 'a:b:c'])}`,
    `Expect: ${rng.pick(['100-continue', '200-ok'])}`,
    `Connection: ${rng.pick(['keep-alive', 'upgrade', 'close, x'])}`,
    `Upgrade: ${rng.pick(['websocket', 'h2c'])}`,
    `Accept: ${anyText(rng, 10)}`,
    `Range: bytes=0-1`,
  ]
  return rng.chance(0.8) ? rng.pick(known) : `${anyText(rng, 6)}:${anyText(rng, 20)}`
}

function anyBody(rng: Dice): Uint8Array {
  switch (rng.int(0, 7)) {
    case 0:
      return encoder.encode(JSON.stringify(json(rng, 5)))
    case 1:
      return encoder.encode(anyText(rng, 200))
    case 2:
      return noise(rng, 64)
    case 3:
      return encoder.encode(rng.pick(['[', '{"a":']).repeat(rng.pick([127, 128, 129, 20_000])))
    case 4:
      return encoder.encode(
        JSON.stringify({ reason: json(rng, 1), output: json(rng, 3), recursive: json(rng, 0) }),
      )
    case 5:
      return encoder.encode(
        rng.pick(['null', 'true', '1e999', '-0', '"\\ud800"', '"\\u0000"', '\uFEFF{}', ' ']),
      )
    case 6:
      // At the limit, seldom: it is much to send.
      return rng.chance(0.02)
        ? new Uint8Array(limits.payloadBytes + rng.int(-1, 1)).fill(0x31)
        : new Uint8Array(rng.int(0, 5_000)).fill(0x31)
    default:
      return new Uint8Array()
  }
}

function json(rng: Dice, depth: number): unknown {
  switch (rng.int(0, depth > 0 ? 6 : 4)) {
    case 0:
      return rng.int(-1_000, 1_000)
    case 1:
      return anyText(rng, 20).toWellFormed()
    case 2:
      return rng.chance(0.5)
    case 3:
      return null
    case 4:
      return rng.next() * 1e300
    case 5:
      return Array.from({ length: rng.int(0, 4) }, () => json(rng, depth - 1))
    default: {
      const names = ['a', '__proto__', 'constructor', 'reason', anyText(rng, 4)]
      return Object.fromEntries(names.slice(0, rng.int(0, 5)).map((name) => [name, json(rng, depth - 1)]))
    }
  }
}

/** Any Unicode, halves of characters too. */
function anyText(rng: Dice, longest: number): string {
  const unit = (): string => {
    if (rng.chance(0.4)) return String.fromCodePoint(rng.int(0x20, 0x7e))
    if (rng.chance(0.3)) return String.fromCodePoint(rng.int(0, 0x1f))
    if (rng.chance(0.3)) return String.fromCodePoint(rng.int(0x10000, 0x10ffff))
    return String.fromCodePoint(rng.int(0x80, 0xffff))
  }
  return Array.from({ length: rng.int(0, longest) }, unit).join('')
}

function noise(rng: Dice, longest: number): Uint8Array {
  return Uint8Array.from({ length: rng.int(0, longest) }, () => rng.int(0, 255))
}

/** Broken framing: a request cut, with bytes turned, doubled or put in, or nothing that was ever one. */
function rawBytes(rng: Dice): Uint8Array {
  if (rng.chance(0.2)) return noise(rng, 300)
  const whole = rng.chance(0.3) ? chunked(rng) : render(mutated(rng), rng)
  const at = rng.int(0, whole.length)
  switch (rng.int(0, 3)) {
    case 0:
      return whole.slice(0, at)
    case 1:
      return concat([whole.slice(0, at), noise(rng, 20), whole.slice(at)])
    case 2:
      return concat([whole, whole.slice(at)])
    default:
      return whole.map((byte) => (rng.chance(2 / whole.length) ? rng.int(0, 255) : byte))
  }
}

function chunked(rng: Dice): Uint8Array {
  const size = rng.pick(['5', '0', 'FFFFFFFFFFFFFFFFF', '-1', 'x', '5;ext=1', `5;${'e'.repeat(20_000)}`])
  const trailer = rng.chance(0.3) ? 'X-Trailer: 1\r\n' : ''
  const lines = [
    `POST /v1.0/workflows/dapr/${rng.pick(rng.ids)}/raiseEvent/go HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    'Transfer-Encoding: chunked',
    ...(rng.chance(0.2) ? ['Content-Length: 3'] : []),
    '',
    `${size}\r\n12345\r\n0\r\n${trailer}\r\n`,
  ]
  return encoder.encode(lines.join('\r\n'))
}

function render(parts: Parts, rng: Dice, staysOpen = false): Uint8Array {
  const { method, version, segments, query, headers, protocol } = parts
  const path = `${version}/${segments.join('/')}${query.length > 0 ? `?${query.join('&')}` : ''}`
  const length = parts.contentLength ?? String(parts.body.length)
  const isBodiless = parts.body.length === 0 && parts.contentLength === undefined && rng.chance(0.5)
  const lines = [
    [method, path, protocol].join(' ').trimEnd(),
    'Host: localhost',
    ...(staysOpen ? [] : ['Connection: close']),
    ...(isBodiless ? [] : [`Content-Length: ${length}`]),
    ...headers,
    '',
    '',
  ]
  return concat([encoder.encode(lines.join('\r\n')), parts.body])
}

function concat(all: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(all))
}
