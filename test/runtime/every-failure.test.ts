// Every single call of a port fails once, in each of the ways in which a call can fail. The result is the same, and no invariant breaks.
import { describe, expect, test } from 'vitest'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'
import { createMemoryBackend } from '../../src/testing/memory-backend.ts'
import { defineApp } from '../../src/workflow/app.ts'
import { isTenutoError } from '../../src/workflow/errors.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import { interceptPorts } from '../support/intercept-ports.ts'
import { LineChecker } from '../support/line-checker.ts'
import { type Scenario, scenarios } from './scenarios.ts'

const ways = [
  'is refused',
  'succeeds, and its answer is lost',
  'takes its host down before',
  'takes its host down after',
] as const

interface Fault {
  /** The call that fails, counted from 1. */
  readonly call: number
  readonly way: (typeof ways)[number]
}

interface Outcome {
  readonly calls: number
  readonly problems: readonly string[]
}

/** Client and host give up waiting for an answer after this. */
const patienceMs = 30_000

class TryOut {
  readonly #scenario: Scenario
  readonly #liveInstances: number
  readonly #fault: Fault | undefined
  readonly #backend = createMemoryBackend({
    manners: {
      visibilityMs: patienceMs,
      batch: (queue) => (queue === 'workflow' ? 10 : 3),
      mostPerMinute: 10_000,
    },
  })
  readonly #problems: string[] = []
  readonly #checker = new LineChecker(
    () => this.#backend.clock.now(),
    (text) => this.#problems.push(text),
  )
  readonly #ran = new Map<string, number>()
  readonly #beginning = this.#backend.clock.now()
  #calls = 0
  #runtime: Runtime

  constructor(scenario: Scenario, liveInstances: number, fault?: Fault) {
    this.#scenario = scenario
    this.#liveInstances = liveInstances
    this.#fault = fault
    this.#checker.watch(this.#backend.store)
    this.#runtime = this.#boot()
  }

  async run(): Promise<Outcome> {
    const { queue, clock } = this.#backend
    queue.run(() => this.#runtime)
    this.#outside(0)
    await clock.runUntil(() => false)
    await this.#checkEnd()
    this.#runtime.close()
    return { calls: this.#calls, problems: this.#problems }
  }

  #boot(): Runtime {
    const { ports, queue } = this.#backend
    let isDead = false
    const checked = {
      ...ports,
      queue: {
        send: async (...[messages, delayMs]: Parameters<typeof queue.send>) => {
          this.#checker.sent(messages)
          return queue.send(messages, delayMs)
        },
      },
    }
    const never = new Promise<never>(() => {})
    const die = async (): Promise<never> => {
      isDead = true
      this.#runtime.close()
      this.#runtime = this.#boot()
      return never
    }
    const failing = interceptPorts(checked, async ({ method }, run) => {
      if (isDead) return never
      if (++this.#calls !== this.#fault?.call) return run()
      switch (this.#fault.way) {
        case 'is refused':
          throw new Error(`simulated: ${method} was refused`)
        case 'succeeds, and its answer is lost':
          await run()
          throw new Error(`simulated: the answer of ${method} was lost`)
        case 'takes its host down before':
          return die()
        case 'takes its host down after':
          await run()
          return die()
        default:
          return this.#fault.way satisfies never
      }
    })
    const app = this.#scenario.app({ ran: (key) => this.#ran.set(key, (this.#ran.get(key) ?? 0) + 1) })
    return createRuntime(defineApp(app), failing, { liveInstances: this.#liveInstances })
  }

  /** One call of the outside after the other, each not before its time. */
  #outside(index: number): void {
    const { clock } = this.#backend
    const next = this.#scenario.outside[index]
    if (!next) return
    clock.at(next.at - (clock.now() - this.#beginning), () =>
      this.#ask(next.call, () => this.#outside(index + 1)),
    )
  }

  /** A client repeats its call until it is answered; that the instance has ended is an answer. */
  #ask(call: Scenario['outside'][number]['call'], answered: () => void): void {
    const { clock } = this.#backend
    let isOver = false
    const end = (then: () => void): void => {
      if (!isOver) then()
      isOver = true
    }
    const again = (): void => this.#ask(call, answered)
    const stopWaiting = clock.at(patienceMs, () => end(again))
    call(this.#runtime.management)
      .then(
        () => end(answered),
        (error: unknown) => {
          const hasEnded = isTenutoError(error) && error.code !== 'ERR_INSTANCE_ID_NOT_FOUND'
          end(hasEnded ? answered : () => clock.at(1_000, again))
        },
      )
      .finally(stopWaiting)
  }

  async #checkEnd(): Promise<void> {
    const { store, queue } = this.#backend
    for (const [id, [status, output]] of Object.entries(this.#scenario.ends)) {
      const row = await store.getInstance(id)
      if (row?.status !== status || row.output !== output)
        this.#problems.push(`${id} is ${row?.status} ${row?.output} ${row?.stalled?.message ?? ''}`)
    }
    for (const [name, line] of this.#checker.lines)
      if (!isTerminal(line.at(-1)?.status ?? 'PENDING')) this.#problems.push(`I8 ${name} has not ended`)
    if (!queue.isIdle) this.#problems.push('L3 messages left')
    const most = Math.max(0, ...this.#ran.values())
    if (!this.#fault && most > 1) this.#problems.push(`I9 an activity ran ${most} times without a fault`)
  }
}

describe.each([
  ['instances stay in memory', 10_000],
  ['instances are replayed at every turn', 0],
])('%s', (_how, liveInstances) => {
  describe.each(Object.entries(scenarios))('%s', (_title, scenario) => {
    test('without a fault all is well, and no activity runs twice', async () => {
      const { problems } = await new TryOut(scenario, liveInstances).run()
      expect(problems).toEqual([])
    })

    test.each(ways)(
      'whichever call %s, the result is the same (Dapr: chaos/savefail, chaos/canfail, chaos/eventcanfail)',
      async (way) => {
        const failed: string[] = []
        for (let call = 1; ; call++) {
          const { calls, problems } = await new TryOut(scenario, liveInstances, { call, way }).run()
          if (calls < call) break
          if (problems.length > 0) failed.push(`call ${call}: ${problems.join('; ')}`)
        }
        expect(failed).toEqual([])
      },
    )
  })
})
