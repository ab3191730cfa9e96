// Dynoxide: a DynamoDB in one process, as a program of an optional package. It never deletes what has expired, never throttles and never
// leaves out part of a batch: tests add these to the client.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { createTableInput } from '../../src/aws/dynamodb/index.ts'

const program = fileURLToPath(
  new URL(`../../node_modules/@dynoxide/${process.platform}-${process.arch}/dynoxide`, import.meta.url),
)

/** Why there is no dynoxide here; undefined when there is one. */
export const noDynoxide = existsSync(program)
  ? undefined
  : `there is no dynoxide for ${process.platform}-${process.arch}`

export interface Dynoxide {
  readonly endpoint: string
  client(config?: DynamoDBClientConfig): DynamoDBClient
  /** Creates an empty table. @returns its name */
  createTable(): Promise<string>
  /** Resolves when the program has ended, by `close` or by itself. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

export async function startDynoxide(): Promise<Dynoxide> {
  const { child, port } = await spawnListening()
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
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
  return {
    endpoint,
    client,
    async createTable() {
      const tableName = `table-${randomUUID()}`
      await admin.send(new CreateTableCommand(createTableInput(tableName)))
      return tableName
    },
    async close() {
      admin.destroy()
      child.stdin?.end()
      await ended
    },
    ended,
  }
}

/**
 * Ends the program when standard input ends, and that does when this process is gone, however it went. It keeps nothing, and to end it
 * politely would wait for open connections.
 */
const guard = 'exec 3<&0; "$@" 3<&- & program=$!; (read -r _ <&3; kill -9 $program 2>&-) & wait $program'

interface Listening {
  readonly child: ChildProcess
  readonly port: number
}

/** A port that is free may be taken by somebody else before dynoxide has it; so it is dynoxide that says whether it listens. */
async function spawnListening(): Promise<Listening> {
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    const args = ['--host', '127.0.0.1', '-p', String(port)]
    // In a group of its own, so that Ctrl+C in a terminal does not end it before those who use it.
    const child = spawn('sh', ['-c', guard, 'sh', program, ...args], {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    })
    let said = ''
    const isListening = await new Promise<boolean>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes(`listening on http://127.0.0.1:${port}`)) resolve(true)
      })
      child.once('error', () => resolve(false)).once('exit', () => resolve(false))
    })
    if (isListening) return { child, port }
    child.stdin.end()
    if (tries === 5) throw new Error(`dynoxide does not listen: ${said}`)
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
