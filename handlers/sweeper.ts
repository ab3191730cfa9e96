import { sweeperHandler } from '../src/aws/index.ts'

export const handler = sweeperHandler()
