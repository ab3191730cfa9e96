import { app } from '../examples/app.ts'
import { activityHandler } from '../src/aws/index.ts'

export const handler = activityHandler(app)
