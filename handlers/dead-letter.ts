import { app } from '../examples/app.ts'
import { deadLetterHandler } from '../src/aws/index.ts'

export const handler = deadLetterHandler(app)
