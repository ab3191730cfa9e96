import { app } from '../examples/app.ts'
import { orchestratorHandler } from '../src/aws/index.ts'

export const handler = orchestratorHandler(app)
