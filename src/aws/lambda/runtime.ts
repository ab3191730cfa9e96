// The runtime of a container. Lambda's own runtime ends the process at any unhandled rejection, workflows' included, which are theirs to
// bear (the loser of a `Promise.all` that fails later, for instance). So its listener goes: ours hands on what belongs to no workflow, as
// an uncaught exception, at which Lambda ends the process as before.

import { createRuntime, type Runtime } from '../../runtime/runtime.ts'
import type { App } from '../../workflow/app.ts'
import type { AwsBackend } from './backend.ts'

export function createContainerRuntime(app: App, { ports, invocation }: AwsBackend): Runtime {
  if (process.env['AWS_LAMBDA_RUNTIME_API']) process.removeAllListeners('unhandledRejection')
  return createRuntime(app, ports, { deadline: () => ports.clock.now() + invocation.remainingTimeMs() })
}
