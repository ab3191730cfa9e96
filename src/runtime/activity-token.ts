// The token by which an activity is completed from outside: it names the task, and proves that whoever has it was given it. Its key is the
// nonce of the episode that asks for the activity, which only those know who may read the history; the idempotency key, which others are
// shown, does not help to guess it.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import type { Episode, InstanceKey } from './episode.ts'
import type { ActivityMessage } from './messages.ts'
import type { Ports } from './ports.ts'

/** What a token names. */
export interface TokenAddress extends InstanceKey {
  readonly generation: number
  readonly seq: number
  /** Number of the episode that asks for the activity. */
  readonly episode: number
}

interface ParsedToken {
  readonly address: TokenAddress
  /** @param nonce of the episode that asks for the activity */
  readonly isGenuine: (nonce: string) => boolean
}

/**
 * The token of an activity that runs. When the history does not have it any more, because its generation is over, nobody waits for it: it
 * gets a token all the same, which is refused like any other of that generation.
 * @throws TenutoError `ACTIVITY_INLINE` when it was asked for inline, whoever runs it now
 */
export async function tokenOf({ store, newId }: Ports, message: ActivityMessage): Promise<string> {
  const { instanceId, incarnation, generation, seq, name, episode } = message
  const { episodes } = await store.read(message, episode === undefined ? undefined : episode - 1)
  const asking = episodes.find((each) => asksFor(each, generation, seq))
  if (!asking) return toToken({ instanceId, incarnation, generation, seq, episode: episode ?? 1 }, newId())
  const command = asking.commands.find((each) => each.seq === seq)
  if (command?.kind === 'scheduleTask' && command.inline) {
    const text = `Activity '${name}' is called inline and cannot be completed later.`
    throw new TenutoError('ACTIVITY_INLINE', text)
  }
  return toToken({ instanceId, incarnation, generation, seq, episode: asking.n }, asking.nonce)
}

export function asksFor({ commands, ...episode }: Episode, generation: number, seq: number): boolean {
  return (
    episode.generation === generation &&
    commands.some((command) => command.kind === 'scheduleTask' && command.seq === seq)
  )
}

function toToken({ instanceId, incarnation, generation, seq, episode }: TokenAddress, nonce: string): string {
  const body = toText([instanceId, incarnation, generation, seq, episode])
  return `${body}.${macOf(body, nonce).toString('base64url')}`
}

/** @throws TenutoError `ERR_ACTIVITY_TOKEN_INVALID` for what is no token; whether one is genuine is seen when the history is at hand */
export function parseToken(token: unknown): ParsedToken {
  if (typeof token !== 'string' || token === '' || token.length > limits.activityTokenCharacters) {
    throw invalidToken(`An activity token is a text of 1 to ${limits.activityTokenCharacters} characters.`)
  }
  const [body = '', mac = '', ...more] = token.split('.')
  const address = toAddress(body)
  if (!address || more.length > 0) throw invalidToken('This is no activity token.')
  const given = Buffer.from(mac, 'base64url')
  return {
    address,
    isGenuine(nonce) {
      const expected = macOf(body, nonce)
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}

export function invalidToken(text: string): TenutoError {
  return new TenutoError('ERR_ACTIVITY_TOKEN_INVALID', text)
}

function toAddress(body: string): TokenAddress | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(body, 'base64url').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 5) return undefined
  const [instanceId, incarnation, ...numbers] = parts as readonly unknown[]
  const [generation, seq, episode] = numbers.filter(isNumber)
  if (typeof instanceId !== 'string' || typeof incarnation !== 'string') return undefined
  if (generation === undefined || seq === undefined || episode === undefined) return undefined
  return { instanceId, incarnation, generation, seq, episode }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function toText(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

function macOf(body: string, nonce: string): Buffer {
  return createHmac('sha256', nonce).update(body).digest()
}
