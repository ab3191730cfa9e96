// Bytes to a server and back, below any HTTP client.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  // Being cut off is one of the answers here.
  socket.on('error', () => {})
  return socket
}

/** Sends bytes as they are. @returns all that comes until the server closes, or has not for `idleMs` */
export async function exchange(port: number, bytes: string | Uint8Array, idleMs = 2_000): Promise<string> {
  const socket = await open(port)
  socket.write(bytes)
  return collect(socket, idleMs)
}

export async function collect(socket: Socket, idleMs = 2_000): Promise<string> {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.setTimeout(idleMs, () => socket.destroy())
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

/** The first answer in a text of answers. */
export function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = lines.map((header) => {
    const at = header.indexOf(':')
    return [header.slice(0, at).toLowerCase(), header.slice(at + 1).trim()] as const
  })
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: rest.join('\r\n\r\n'),
  }
}

/** One request, with `Connection: close` so that the server ends the exchange. */
export async function rawRequest(port: number, line: string, headers: readonly string[] = [], body = '') {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const lines = [line, 'Host: localhost', 'Connection: close', ...length, ...headers, '', body]
  return parseAnswer(await exchange(port, lines.join('\r\n')))
}
