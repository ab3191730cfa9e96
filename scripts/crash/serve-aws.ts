// A process to be killed, with all that it has started: what `npm run start:aws` runs once it has packaged, on services that are elsewhere
// and live on, as those of AWS would. Started by targets.ts.

import { systemClock } from '../../src/aws/lambda/clock.ts'
import { createJsonLogger } from '../../src/cli/logger.ts'
import { serve } from '../../src/http/server.ts'
import type { PackagedStack } from '../stack/package-stack.ts'
import { toStartSettings } from '../stack/settings.ts'
import { deployStack } from '../stack/stack.ts'

/** What it is told, as JSON in its first argument; where the services are, it finds in its environment. */
export interface ServeAws extends PackagedStack {
  readonly folder: string
  readonly port: number
}

const { port, ...packaged } = JSON.parse(process.argv[2] ?? '') as ServeAws
const { elsewhere } = toStartSettings({}, process.env)
const logger = createJsonLogger({ write: (line) => process.stdout.write(`${line}\n`) })
const stack = await deployStack({
  ...packaged,
  ...(elsewhere && { elsewhere }),
  clock: systemClock,
  logger,
  onLine: (name, line) => process.stdout.write(`${JSON.stringify({ function: name, line })}\n`),
})
const { url } = await serve(stack.api, { port })
logger.info('Serving', { url })
