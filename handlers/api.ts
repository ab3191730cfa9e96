import { apiHandler } from '../src/http/lambda.ts'

export const handler = apiHandler()
