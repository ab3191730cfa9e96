// What is killed: the dev server on its folder, or the packaged deployment on services that live on, as those of AWS would.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stop } from 'esbuild'
import type { Rng } from '../../test/simulation/rng.ts'
import { buildBundles } from '../bundle/build.ts'
import { openCloud } from '../stack/cloud.ts'
import { packageStack } from '../stack/package-stack.ts'
import { JumpingClock } from './jumping-clock.ts'
import type { ServeAws } from './serve-aws.ts'
import { freePort, startVictim, type Victim, type VictimOptions } from './victim.ts'

export const targetNames = ['local', 'aws'] as const
export type TargetName = (typeof targetNames)[number]

export interface Target {
  /** Of the API; the same before and after a kill. */
  readonly url: string
  /** Kills at once what the dice say, and sees to it that it is started again. @returns what was killed */
  kill(rng: Rng): Promise<string>
  /** Resolves when it serves. */
  ready(): Promise<void>
  /** Lets the time pass after which a queue delivers again what nobody has acknowledged. */
  hurry(): void
  close(): Promise<void>
}

export const openTarget: Readonly<Record<TargetName, (folder: string) => Promise<Target>>> = {
  local: openLocal,
  aws: openAws,
}

async function openLocal(folder: string): Promise<Target> {
  const port = await freePort()
  const args = ['--json', '--data', join(folder, 'data'), '--port', String(port)]
  const program = import.meta.resolve('./serve-local.ts')
  let victim = startVictim({ program, args })
  await victim.serving
  return {
    url: `http://127.0.0.1:${port}`,
    async kill() {
      await victim.kill()
      victim = startVictim({ program, args })
      return 'the server'
    },
    ready: async () => victim.serving,
    // Its queue is in its own file, and delivers at the next start.
    hurry() {},
    close: async () => victim.kill(),
  }
}

/** Of a queue of the template; that of the activities is the longest. */
const longestVisibilityMs = 1_800_000

/** One kill in so many is of the whole: pollers, API and all containers. */
const wholeEvery = 10

async function openAws(folder: string): Promise<Target> {
  mkdirSync(folder, { recursive: true })
  await buildBundles(join(folder, 'bundles'), 'scripts/crash/load-app.ts')
  await stop()
  const packaged = await packageStack(folder, 'package')
  const clock = new JumpingClock()
  const cloud = await openCloud({ clock })
  const port = await freePort()
  const services = ['DYNAMODB', 'SQS', 'SNS', 'SCHEDULER']
  const options: VictimOptions = {
    program: import.meta.resolve('./serve-aws.ts'),
    args: [JSON.stringify({ ...packaged, folder, port } satisfies ServeAws)],
    env: Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name}`, cloud.endpoint])),
  }
  let victim = startVictim(options)
  await victim.serving
  return {
    url: `http://127.0.0.1:${port}`,
    async kill(rng) {
      // A stack whose container is lost while it is started does not start; so that ends all of it.
      const containers = victim.isServing ? containersOf(victim) : []
      if (containers.length > 0 && !rng.chance(1 / wholeEvery)) {
        // The function first: the API has many containers, most of them idle.
        const of = rng.pick([...new Set(containers.map(({ name }) => name))])
        const { pid, name } = rng.pick(containers.filter((each) => each.name === of))
        process.kill(pid, 'SIGKILL')
        return `a container of ${name}`
      }
      await victim.kill()
      victim = startVictim(options)
      return 'everything but the services'
    },
    ready: async () => victim.serving,
    hurry: () => clock.jump(longestVisibilityMs),
    async close() {
      await victim.kill()
      await cloud.close()
    },
  }
}

/** Of the functions that have work here. */
function containersOf(victim: Victim): readonly { readonly pid: number; readonly name: string }[] {
  return victim.children().flatMap(({ pid, command }) => {
    const [, name] = /bundles\/(activity|api|orchestrator)\/index\.mjs/.exec(command) ?? []
    return name === undefined ? [] : [{ pid, name }]
  })
}
