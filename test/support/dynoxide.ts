// Dynoxide: a DynamoDB in one process, as a program of an optional package. One server for each file of tests, an empty table for each
// test. It never deletes what has expired, never throttles and never leaves out part of a batch: tests add these to the client.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { describe } from 'vitest'
import { createTableInput } from '../../src/aws/dynamodb/index.ts'

const program = fileURLToPath(
  new URL(`../../node_modules/@dynoxide/${process.platform}-${process.arch}/dynoxide`, import.meta.url),
)

/** Why tests that need dynoxide cannot run here; undefined when they can. */
export const noDynoxide = existsSync(program)
  ? undefined
  : `there is no dynoxide for ${process.platform}-${process.arch}`

if (noDynoxide) console.warn(`NOT RUN: tests of the DynamoDB store, because ${noDynoxide}.`)

/** The title of a suite that needs dynoxide: it says when the suite was not run. */
export function dynoxideTitle(title: string): string {
  return noDynoxide ? `${title} (NOT RUN: ${noDynoxide})` : title
}

/** A suite that needs dynoxide; where there is none its tests count as skipped. */
export function describeOnDynoxide(title: string, tests: () => void): void {
  // oxlint-disable-next-line vitest/valid-title, vitest/valid-describe-callback -- both are the caller's
  describe.skipIf(noDynoxide)(dynoxideTitle(title), tests)
}

export interface Dynoxide {
  readonly endpoint: string
  client(config?: DynamoDBClientConfig): DynamoDBClient
  /** Creates an empty table. @returns its name */
  createTable(): Promise<string>
  close(): Promise<void>
}

export async function startDynoxide(): Promise<Dynoxide> {
  const port = await freePort()
  const child = spawn(program, ['--host', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const kill = (): boolean => child.kill()
  process.once('exit', kill)
  await listening(child, port)
  const endpoint = `http://127.0.0.1:${port}`
  const client = (config: DynamoDBClientConfig = {}): DynamoDBClient =>
    new DynamoDBClient({
      endpoint,
      region: 'eu-test-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
      requestHandler: { requestTimeout: 10_000, throwOnRequestTimeout: true },
      ...config,
    })
  const admin = client()
  let tables = 0
  return {
    endpoint,
    client,
    async createTable() {
      const tableName = `table-${++tables}`
      await admin.send(new CreateTableCommand(createTableInput(tableName)))
      return tableName
    },
    async close() {
      admin.destroy()
      process.off('exit', kill)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (kill()) await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || !address) throw new Error('no port is free')
  return address.port
}

/** Resolves when somebody answers at the port. */
async function listening(child: ChildProcess, port: number): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(socket.destroy() !== undefined))
      socket.once('error', () => resolve(false))
    })
    if (isOpen) return
  }
  throw new Error(`dynoxide ended with ${child.exitCode ?? child.signalCode} instead of listening`)
}
