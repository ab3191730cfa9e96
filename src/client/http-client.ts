// The client over HTTP: the same client, over operations that travel.

import type { App } from '../workflow/app.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { WorkflowFunction } from '../workflow/functions.ts'
import { createClient } from './backend-client.ts'
import { httpManagement } from './http-management.ts'
import { createTransport, type TransportOptions } from './transport.ts'
import type { WorkflowClient } from './workflow-client.ts'

export interface HttpClientOptions extends TransportOptions {
  /** Where the names of workflow functions come from. Default: a function's own name, which a minifier may change. */
  readonly app?: Pick<App, 'nameOfWorkflow'>
}

/**
 * A client of the HTTP API. What fails for the moment is tried again, up to six times; no retry doubles anything.
 * @param baseUrl such as `http://localhost:3500`, with the stage of an API Gateway if there is one
 * @throws TenutoError `INVALID_ARGUMENT` when the base URL is none
 */
export function createHttpClient(baseUrl: string, options: HttpClientOptions = {}): WorkflowClient {
  const { app = { nameOfWorkflow: ownName }, ...transport } = options
  return createClient(app, httpManagement(createTransport(baseUrl, transport)))
}

function ownName(workflow: WorkflowFunction | string): string {
  const name = typeof workflow === 'string' ? workflow : workflow.name
  if (name !== '') return name
  throw new TenutoError(
    'WORKFLOW_NOT_REGISTERED',
    'An anonymous function has no workflow name: pass the name, or give createHttpClient the app.',
  )
}
