// A request that only a bare socket can send, to a real server.

import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { serve } from '../../../src/http/server.ts'
import { answerExample, type Example } from './scenario.ts'

/** @returns the answer of a server that reads the body of every request */
export async function answerOfSocket(request: string): Promise<Example> {
  const handler = async (received: Request): Promise<Response> => new Response(await received.text())
  const server = await serve(handler, { port: 0, requestTimeoutMs: 100 })
  try {
    const socket = connect({ port: server.port, host: '127.0.0.1' })
    socket.write(request)
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    const status = Number(head.split(' ')[1])
    return status < 400 ? { code: '', message: body } : answerExample(status, body)
  } finally {
    await server.close()
  }
}
