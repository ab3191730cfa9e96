// SNS speaks the query protocol: a form going there, XML coming back. Lists and maps are numbered keys in the form: `a.member.1`,
// `a.entry.1.key`; here they become arrays.

import type { Protocol } from '../request-handler.ts'
import { snsError } from './errors.ts'

/** A part of the form: a value, or what is below the next dot. */
export interface Form {
  readonly [key: string]: Form | string
}

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/'
const headers = { 'content-type': 'text/xml' }

export const snsProtocol: Protocol = {
  parse({ body }) {
    const input = parseForm(body)
    return { service: 'sns', operation: textOf(input, 'Action') ?? '', input }
  },

  answer({ operation }, output) {
    const result = output === undefined ? '' : `<${operation}Result>${toXml(output)}</${operation}Result>`
    const metadata = '<ResponseMetadata><RequestId>stand-in</RequestId></ResponseMetadata>'
    const body = `<${operation}Response xmlns="${namespace}">${result}${metadata}</${operation}Response>`
    return { status: 200, headers, body }
  },

  refuse({ code, message, status, isSendersFault }) {
    const type = isSendersFault ? 'Sender' : 'Receiver'
    const error = toXml({ Type: type, Code: code, Message: message })
    const body = `<ErrorResponse xmlns="${namespace}"><Error>${error}</Error><RequestId>stand-in</RequestId></ErrorResponse>`
    return { status, headers, body }
  },

  throttling: snsError('Throttled', 'Rate exceeded'),
}

/** The members of a list (`Name.member.1 …`). */
export function listOf(form: Form, name: string): readonly Form[] {
  return numbered(form[name], 'member')
}

/** The entries of a map (`Name.entry.1.key`, `Name.entry.1.value …`), with the words that this map uses for the two. */
export function mapOf(
  form: Form,
  name: string,
  [key, value]: readonly [string, string],
): ReadonlyMap<string, Form | string> {
  return new Map(numbered(form[name], 'entry').map((entry) => [textOf(entry, key) ?? '', entry[value] ?? '']))
}

export function textOf(form: Form, name: string): string | undefined {
  const value = form[name]
  return typeof value === 'string' ? value : undefined
}

function numbered(form: Form | string | undefined, word: string): readonly Form[] {
  const members = typeof form === 'object' ? form[word] : undefined
  if (typeof members !== 'object') return []
  return Object.keys(members)
    .toSorted((a, b) => Number(a) - Number(b))
    .flatMap((at) => {
      const member = members[at]
      return typeof member === 'object' ? [member] : []
    })
}

interface MutableForm {
  [key: string]: MutableForm | string
}

function parseForm(body: string): Form {
  const root: MutableForm = {}
  for (const [path, value] of new URLSearchParams(body)) {
    const parts = path.split('.')
    const last = parts.pop() ?? ''
    let at = root
    for (const part of parts) {
      const next = at[part]
      at = typeof next === 'object' ? next : (at[part] = {})
    }
    at[last] = value
  }
  return root
}

/** Objects by their keys, arrays as `member`s, all else as text. */
function toXml(value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => `<member>${toXml(each)}</member>`).join('')
  if (value instanceof Map) {
    return [...value]
      .map(([key, content]) => `<entry><key>${toXml(key)}</key><value>${toXml(content)}</value></entry>`)
      .join('')
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, content]) => (content === undefined ? '' : `<${key}>${toXml(content)}</${key}>`))
      .join('')
  }
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
