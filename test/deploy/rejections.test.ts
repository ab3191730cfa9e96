// Lambda's own runtime ends a container at any unhandled rejection. Workflows may leave some; nothing else may.

import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startContainer } from '../../scripts/stack/containers.ts'

async function contained() {
  const path = fileURLToPath(new URL('rejecting-handler.ts', import.meta.url))
  const container = await startContainer(path, { env: { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001' } })
  onTestFinished(async () => container.kill())
  return container
}

test('a rejection that a workflow leaves to nobody does not end the container', async () => {
  const container = await contained()
  for (const _ of ['first', 'second']) {
    expect(await container.call({})).toEqual({ batchItemFailures: [] })
  }
})

test('any other one does', async () => {
  const container = await contained()
  await expect(container.call({ reject: true })).rejects.toThrow('The container ended with code 129.')
})
