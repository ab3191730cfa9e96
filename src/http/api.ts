// The management API: Request in, Response out, the same on Lambda and in the dev server.

import { type Context, Hono } from 'hono'
import type { Management } from '../runtime/management.ts'
import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { type Logger, silentLogger } from '../workflow/logger.ts'
import { completeActivity, failActivity } from './activities.ts'
import { again, runAgain } from './again.ts'
import { errorAnswer, jsonAnswer } from './answers.ts'
import { actOnMany, listMany } from './many.ts'
import { command, commandsOf, history, raiseEvent, start, status } from './operations.ts'
import { assertSameOrigin } from './origin.ts'
import { rawPathOf } from './path.ts'
import { metadataPath, versionPrefixes } from './wire.ts'

export type HttpHandler = (request: Request) => Promise<Response>

export interface HttpApiOptions {
  /** Is told of every answer of 500 and above. Default: silent. */
  readonly logger?: Logger
  /** Members of the metadata document besides `id`. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/**
 * The management API over a runtime. Never rejects: whatever goes wrong is an answer. A request that `?wait` holds is answered at once
 * when its signal is aborted.
 */
export function createHttpApi(management: Management, options: HttpApiOptions = {}): HttpHandler {
  const { logger = silentLogger, metadata = {} } = options
  const app = new Hono({ getPath: rawPathOf })
  for (const prefix of versionPrefixes) addWorkflowRoutes(app, prefix, management)
  app.get(metadataPath, () => jsonAnswer(200, { id: 'tenuto', ...metadata }))
  app.all(metadataPath, methodNotAllowed('GET, HEAD'))
  app.notFound(({ req }) => {
    throw new TenutoError('ERR_NOT_FOUND', `No such route: ${req.method} ${req.path.slice(0, 200)}`)
  })
  // Hono knows errors of class Error alone; ours are answered below, whatever was thrown.
  app.onError((error) => {
    throw error
  })
  return async (request) => {
    try {
      assertSameOrigin(request)
      assertUrlLength(request.url)
      return await app.fetch(request)
    } catch (error) {
      return errorAnswer(error, logger, { method: request.method, path: rawPathOf(request).slice(0, 200) })
    }
  }
}

/** The last handler of each path answers every other method. Empty segments are routed, to say what is missing. */
function addWorkflowRoutes(app: Hono, prefix: string, management: Management): void {
  const instance = `${prefix}/workflows/:component/:subject{[^/]*}`
  const many = `${prefix}/workflows/:component`
  app.get(many, async (c) => listMany(c, management))
  app.post(many, async (c) => actOnMany(c, management))
  app.all(many, methodNotAllowed('GET, HEAD, POST'))
  for (const [name, run] of Object.entries({ complete: completeActivity, fail: failActivity })) {
    app.post(`${many}/activities/${name}`, async (c) => run(c, management))
    app.all(`${many}/activities/${name}`, methodNotAllowed('POST'))
  }
  const event = `${instance}/raiseEvent/:event{[^/]*}`
  app.get(instance, async (c) => status(c, management))
  app.all(instance, methodNotAllowed('GET, HEAD'))
  app.get(`${instance}/history`, async (c) => history(c, management))
  app.all(`${instance}/history`, methodNotAllowed('GET, HEAD'))
  app.post(`${instance}/start`, async (c) => start(c, management))
  app.all(`${instance}/start`, methodNotAllowed('POST'))
  for (const [name, run] of Object.entries(again)) {
    app.post(`${instance}/${name}`, async (c) => runAgain(c, management, run))
    app.all(`${instance}/${name}`, methodNotAllowed('POST'))
  }
  app.post(event, async (c) => raiseEvent(c, management))
  app.all(event, methodNotAllowed('POST'))
  for (const [name, run] of Object.entries(commandsOf(management))) {
    app.post(`${instance}/${name}`, async (c) => command(c, run))
    app.all(`${instance}/${name}`, methodNotAllowed('POST'))
  }
}

function methodNotAllowed(allow: string): (c: Context) => Response {
  return ({ req }) =>
    jsonAnswer(
      405,
      { errorCode: 'ERR_METHOD_NOT_ALLOWED', message: `${req.method} is not allowed here; use ${allow}.` },
      { headers: { Allow: allow } },
    )
}

function assertUrlLength({ length }: string): void {
  if (length <= limits.urlCharacters) return
  throw new TenutoError(
    'ERR_URI_TOO_LONG',
    `The URL has ${length} characters; the limit is ${limits.urlCharacters}.`,
  )
}
