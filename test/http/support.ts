// An API over the fake runtime, and requests to it in few words.

import { createHttpApi, type HttpHandler } from '../../src/http/api.ts'
import { recordingLogger, type RecordingLogger } from '../support/recording-logger.ts'
import { fakeManagement, type FakeManagement } from './fake-management.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined when it is empty. */
  readonly json: Readonly<Record<string, unknown>> | undefined
}

export interface TestApi {
  readonly fake: FakeManagement
  readonly api: HttpHandler
  readonly logger: RecordingLogger
  readonly post: (
    path: string,
    body?: RequestInit['body'],
    headers?: Record<string, string>,
  ) => Promise<Answer>
  readonly get: (path: string, init?: RequestInit) => Promise<Answer>
  readonly call: (method: string, path: string, init?: RequestInit) => Promise<Answer>
}

export const origin = 'http://localhost:3500'

export function testApi(): TestApi {
  const fake = fakeManagement()
  const logger = recordingLogger()
  const api = createHttpApi(fake, { logger })
  async function call(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    return readAnswer(await api(new Request(origin + path, { method, duplex: 'half', ...init })))
  }
  return {
    fake,
    api,
    logger,
    call,
    get: async (path, init) => call('GET', path, init),
    post: async (path, body, headers) =>
      call('POST', path, { ...(body !== undefined && { body }), ...(headers && { headers }) }),
  }
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text === '' ? undefined : (JSON.parse(text) as Readonly<Record<string, unknown>>),
  }
}

/** Status, code and message of an error answer in one object, to compare. */
export function problem({ status, json }: Answer): { status: number; errorCode: unknown } {
  return { status, errorCode: json?.['errorCode'] }
}
