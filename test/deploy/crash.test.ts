// A container that is killed in the middle of an activity: its message comes again when its visibility ends, half an hour later on a clock
// that can be turned, and the workflow goes on.

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as timeout } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Template } from '../../scripts/bundle/template.ts'
import { noDynoxide } from '../../scripts/stack/dynoxide.ts'
import { Resources } from '../../scripts/stack/resources.ts'
import { deployStack } from '../../scripts/stack/stack.ts'
import { createHttpClient } from '../../src/client/index.ts'
import { serve } from '../../src/http/server.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'
import { packagedService } from './packaged.ts'

/** Goes with the real time, and can be put forward. */
class TurnableClock implements Clock {
  #aheadMs = 0
  #turned = new AbortController()

  now(): number {
    return Date.now() + this.#aheadMs
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const at = this.now() + ms
    const isCalledOff = (): boolean => signal?.aborted ?? false
    for (let left = ms; left > 0 && !isCalledOff(); left = at - this.now()) {
      const signals = [this.#turned.signal, ...(signal ? [signal] : [])]
      await timeout(left, undefined, { signal: AbortSignal.any(signals) }).catch(() => {})
    }
  }

  forward(ms: number): void {
    this.#aheadMs += ms
    this.#turned.abort()
    this.#turned = new AbortController()
  }
}

/** So long that the activity can be caught at it. */
function withSlowItems(template: Template): Template {
  const copy = structuredClone(template)
  const variables = new Resources(copy).variables('ActivityLambdaFunction')
  Object.assign(variables, { WORK_ITEM_MS: '250' })
  return copy
}

/** The processes of a bundle; of Linux, where dynoxide is. */
function processesOf(path: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path)
      } catch {
        return false
      }
    })
}

// oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
describe.skipIf(noDynoxide)(dynoxideTitle('a killed container'), () => {
  test('gives its message back, and another one goes on with it', async () => {
    const packaged = await packagedService()
    const clock = new TurnableClock()
    const attempts: number[] = []
    const stack = await deployStack({
      ...packaged,
      template: withSlowItems(packaged.template),
      clock,
      onLine(functionName, line) {
        if (functionName !== 'Activity' || !line.includes('"Processing work item 1"')) return
        attempts.push(clock.now())
        if (attempts.length > 1) return
        const path = `${packaged.folder}/bundles/activity/`
        for (const pid of processesOf(path)) process.kill(pid, 'SIGKILL')
      },
    })
    onTestFinished(async () => stack.close())
    const server = await serve(stack.api, { port: 0, closeTimeoutMs: 0 })
    onTestFinished(async () => server.close())
    const client = createHttpClient(server.url)
    await client.scheduleNewWorkflow('batchProcessing', { size: 1 }, { instanceId: 'batch' })
    await expect.poll(() => attempts.length, { timeout: 60_000 }).toBe(1)
    await expect.poll(() => stack.functions.get('Activity')?.size, { timeout: 60_000 }).toBe(0)
    expect(stack.cloud.sqs?.queue('tenuto-dev-ActivityQueue').counts()).toMatchObject({ inFlight: 1 })
    clock.forward(1_800_000)
    expect(await client.waitForWorkflowCompletion('batch')).toMatchObject({
      runtimeStatus: 'COMPLETED',
      output: 2,
    })
    expect(attempts).toHaveLength(2)
  })
})
