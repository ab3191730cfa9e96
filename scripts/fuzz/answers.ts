// The bytes that a server sends on one connection, as answers; and what no answer may show.

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** @returns what comes until the bytes end; of an answer to HEAD the body is missing, though its length is given */
export function readAnswers(bytes: Buffer): readonly RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = bytes
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) throw new Error(`This is no answer: ${rest.toString('latin1').slice(0, 200)}`)
    const [line = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n')
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(line) ?? []
    if (status === undefined) throw new Error(`This is no answer: ${line.slice(0, 200)}`)
    const headers = new Map(lines.map((each) => headerOf(each)))
    rest = rest.subarray(end + 4)
    const length = bodyLength(rest, headers)
    answers.push({ status: Number(status), headers, body: rest.subarray(0, length).toString('utf8') })
    rest = rest.subarray(length)
  }
  return answers
}

function headerOf(line: string): readonly [name: string, value: string] {
  const at = line.indexOf(':')
  return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
}

function bodyLength(rest: Buffer, headers: ReadonlyMap<string, string>): number {
  const isNext = rest.subarray(0, 7).toString('latin1') === 'HTTP/1.'
  return isNext ? 0 : Math.min(rest.length, Number(headers.get('content-length') ?? 0))
}

/** Frames of a stack, files of ours and of Node's. */
const inside = /\bat [^"]{0,200}:\d+:\d+|node:internal|node_modules|\/src\/|\.ts:\d+/

/** What is wrong with an answer, whatever was asked. */
export function problemOf({ status, headers, body }: RawAnswer): string | undefined {
  if (status >= 500) return `status ${status}: ${body.slice(0, 300)}`
  if (status === 100) return undefined
  if (inside.test(body)) return `it shows the inside: ${body.slice(0, 500)}`
  if (body === '') return undefined
  if (headers.get('content-type') !== 'application/json') return `it is ${headers.get('content-type')}`
  return status < 400 || isError(body) ? undefined : `it names no error: ${body.slice(0, 300)}`
}

function isError(body: string): boolean {
  const { errorCode, message } = JSON.parse(body) as { errorCode?: unknown; message?: unknown }
  return typeof errorCode === 'string' && /^[A-Z_]+$/.test(errorCode) && typeof message === 'string'
}
