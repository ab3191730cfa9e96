// The bundles: what is in them, what is not, and what loading one does.

import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Bundle } from '../../scripts/bundle/build.ts'
import { exampleEnvironment } from '../../scripts/bundle/environment.ts'
import { type Container, type ContainerOptions, startContainer } from '../../scripts/stack/containers.ts'
import { bundledService } from './packaged.ts'

const names = ['activity', 'api', 'approvals', 'dead-letter', 'orchestrator', 'orders', 'sweeper']
let bundles: ReadonlyMap<string, Bundle>

beforeAll(async () => {
  const service = await bundledService()
  bundles = new Map(service.bundles.map((each) => [each.name, each]))
})

function bundle(name: string): Bundle {
  const found = bundles.get(name)
  if (!found) throw new Error(`There is no bundle '${name}'.`)
  return found
}

function textOf(name: string): string {
  return readFileSync(bundle(name).path, 'utf8')
}

/** A container that ends with the test. */
async function contained(name: string, options: ContainerOptions = {}): Promise<Container> {
  const container = await startContainer(bundle(name).path, options)
  onTestFinished(async () => container.kill())
  return container
}

test('there is one for each handler', () => {
  expect([...bundles.keys()]).toEqual(names)
})

describe.each(names)('%s', (name) => {
  test('needs nothing but what Node brings, and none of it by a slow import', () => {
    const imported = [...textOf(name).matchAll(/(?:^|[;}\s])import(?:[^'"();]*from)?\s*["']([^"']+)["']/g)]
    const modules = imported.map(([, specifier = '']) => specifier)
    expect(modules.length).toBeGreaterThan(0)
    expect(
      modules.filter(
        (specifier) =>
          !specifier.startsWith('node:') &&
          !/^(?:buffer|fs|os|path|crypto|stream|url|util|events|process|async_hooks|child_process|timers)(?:\/\w+)?$/.test(
            specifier,
          ),
      ),
    ).toEqual([])
    expect(modules.filter((specifier) => /^(?:node:)?https?2?$/.test(specifier))).toEqual([])
  })

  test('loads without undici, and its handlers declare two parameters at most', async () => {
    const { loaded } = await contained(name)
    expect(loaded.builtins.filter((each) => each.includes('undici'))).toEqual([])
    expect(loaded.lengths).toEqual({ handler: 2 })
  })

  test('weighs no more than it did', () => {
    expect(bundle(name).bytes).toBeLessThan(730 * 1024)
  })
})

test('the functions that run no code of the app do not carry it', () => {
  const carriers = names.filter((name) => textOf(name).includes('sendApprovalRequest'))
  expect(carriers).toEqual(['activity', 'dead-letter', 'orchestrator'])
})

test('only the API carries a router', () => {
  expect(names.filter((name) => bundle(name).parts.has('hono'))).toEqual(['api'])
})

test('sources of credentials that Lambda does not have are left out', () => {
  for (const name of names) {
    const parts = [...bundle(name).parts.keys()]
    expect(
      parts.filter((part) => /nested-clients|-sso|-ini|-process|-web-identity|token-providers/.test(part)),
    ).toEqual([])
  }
})

test('a container without its environment says what it lacks', async () => {
  const starting = startContainer(bundle('orchestrator').path, { env: { AWS_REGION: 'us-east-1' } })
  await expect(starting).rejects.toThrow(/ended with code 129/)
})

test('a stack trace names the sources', async () => {
  const lines: string[] = []
  const env = { ...exampleEnvironment, NODE_OPTIONS: '--enable-source-maps' }
  const container = await contained('orchestrator', { env, onLine: (line) => lines.push(line) })
  await expect(container.call({})).rejects.toThrow('The event is no batch of SQS')
  await container.kill()
  expect(lines.join('\n')).toMatch(/src\/aws\/lambda\/records\.ts:\d+/)
})
