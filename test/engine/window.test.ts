// Inside the replay window clock and random are the workflow's and everything that reaches outside is refused; outside it nothing is touched.

import nodeCrypto, { randomUUID } from 'node:crypto'
import { setImmediate as macrotask } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { windowsUnderWay } from '../../src/engine/window.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { completed } from '../support/engine-events.ts'
import { type RunOptions, start, startTime } from '../support/engine-harness.ts'

const madeOutside = new Date(0)
const RealDate = Date

describe('clock', () => {
  test('Date, Date.now, performance.now and the context show the time of the turn', async () => {
    const read = (ctx: WorkflowContext) => [
      Date.now(),
      Date.now(),
      new Date().getTime(),
      performance.now(),
      ctx.getCurrentUtcDateTime().getTime(),
    ]
    const run = await start(async (ctx: WorkflowContext) => {
      const before = read(ctx)
      await ctx.callActivity('a')
      await Promise.resolve()
      return [before, read(ctx)]
    })
    await run.turnAt(startTime + 5000, completed(1))
    expect(run.output).toEqual([
      Array.from({ length: 5 }, () => startTime),
      Array.from({ length: 5 }, () => startTime + 5000),
    ])
    await run.replayed()
  })

  const forms: Readonly<Record<string, () => unknown>> = {
    'new Date()': () => new Date().getTime() === startTime,
    'new Date(ms)': () => new Date(5).getTime() === 5,
    'new Date(text)': () => new Date('2020-02-03T04:05:06Z').toISOString() === '2020-02-03T04:05:06.000Z',
    'new Date(date)': () => new Date(madeOutside).getTime() === 0,
    'new Date(undefined) is invalid': () => Number.isNaN(new Date(undefined as never).getTime()),
    'new Date(year, month)': () => new Date(2020, 1).getMonth() === 1,
    'new Date(year, month, …, ms)': () => new Date(2020, 1, 2, 3, 4, 5, 6).getMilliseconds() === 6,
    'Date() is text': () => Date() === new Date().toString(),
    'Date.UTC and Date.parse': () => Date.UTC(2020, 0) === Date.parse('2020-01-01'),
    'a date made outside is an instance': () => madeOutside instanceof Date,
    'a date made inside is an instance': () => new Date() instanceof Date,
    'constructor is Date': () => new Date().constructor === Date && madeOutside.constructor === Date,
    'name and length': () => Date.name === 'Date' && Date.length === 7,
    'the prototype is that of outside': () => Date.prototype === RealDate.prototype,
    'a class that extends Date here': () => {
      class Day extends Date {
        get number() {
          return this.getUTCDate()
        }
      }
      const day = new Day()
      return day.number === 1 && day instanceof Day && day instanceof Date && day.getTime() === startTime
    },
    'Date.now through a reference taken outside': () => RealDate.now() === startTime,
    'toString tag and JSON': () =>
      Object.prototype.toString.call(new Date()) === '[object Date]' &&
      JSON.stringify(new Date(0)).includes('1970'),
  }
  test.each(Object.entries(forms))('%s', async (_form, holds) => {
    const run = await start(async () => holds())
    expect(run.output).toBe(true)
    await run.replayed()
  })

  test('dates made inside are dates outside', async () => {
    let made: unknown
    await start(async () => void (made = new Date()))
    expect(made).toBeInstanceOf(Date)
    expect((made as Date).constructor).toBe(Date)
  })

  test('a date made outside is accepted by createTimer', async () => {
    const due = new Date(startTime + 60_000)
    const run = await start(async (ctx: WorkflowContext) => ctx.createTimer(due))
    expect(run.commands).toEqual([{ kind: 'createTimer', seq: 1, dueAt: startTime + 60_000 }])
    await run.replayed()
  })
})

describe('random', () => {
  const sources: Readonly<Record<string, (ctx: WorkflowContext) => unknown>> = {
    'Math.random': () => Math.random(),
    'crypto.randomUUID': () => crypto.randomUUID(),
    'crypto.getRandomValues': () => [...crypto.getRandomValues(new Uint16Array(8))],
    'randomUUID of node:crypto, by name': () => randomUUID(),
    'randomUUID of node:crypto, by module': () => nodeCrypto.randomUUID(),
    newGuid: (ctx) => ctx.newGuid(),
  }

  describe.each(Object.entries(sources))('%s', (_name, draw) => {
    const workflow = async (ctx: WorkflowContext) => {
      const first = [draw(ctx), draw(ctx)]
      await ctx.callActivity('a')
      return [...first, draw(ctx)]
    }
    const drawn = async (options: RunOptions = {}): Promise<unknown[]> => {
      const run = await start(workflow, options)
      await run.turn(completed(1))
      await run.replayed()
      return run.output as unknown[]
    }

    test('is the same at every replay, and different at every call', async () => {
      const values = await drawn()
      expect(await drawn()).toEqual(values)
      expect(new Set(values.map((value) => JSON.stringify(value))).size).toBe(3)
    })

    test('differs between instances, incarnations and generations', async () => {
      const all = [
        await drawn(),
        await drawn({ instanceId: 'other' }),
        await drawn({ incarnation: 'other' }),
        await drawn({ generation: 2 }),
      ].flat()
      expect(new Set(all.map((value) => JSON.stringify(value))).size).toBe(all.length)
    })
  })

  test('what should be a UUID is one of version 4', async () => {
    const run = await start(async () =>
      Array.from({ length: 100 }, () => [randomUUID(), nodeCrypto.randomUUID(), crypto.randomUUID()]).flat(),
    )
    for (const value of run.output as string[]) {
      expect(value).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
  })

  test('Math.random is spread over [0, 1)', async () => {
    const run = await start(async () => Array.from({ length: 10_000 }, () => Math.random()))
    const values = run.output as number[]
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
    const mean = values.reduce((sum, value) => sum + value) / values.length
    expect(mean).toBeGreaterThan(0.48)
    expect(mean).toBeLessThan(0.52)
  })

  test('every byte that getRandomValues fills is random', async () => {
    const run = await start(async () => {
      const bytes = new Uint8Array(4096)
      crypto.getRandomValues(bytes.subarray(1024))
      return [...bytes]
    })
    const bytes = run.output as number[]
    expect(bytes.slice(0, 1024).every((byte) => byte === 0)).toBe(true)
    expect(new Set(bytes.slice(1024)).size).toBeGreaterThan(250)
  })
})

const refused: Readonly<Record<string, () => unknown>> = {
  fetch: async () => fetch('http://localhost'),
  setTimeout: () => setTimeout(() => {}, 1),
  setInterval: () => setInterval(() => {}, 1),
  setImmediate: () => setImmediate(() => {}),
  'AbortSignal.timeout': () => AbortSignal.timeout(1),
}

describe('what reaches outside', () => {
  test.each(Object.entries(refused))('%s is refused with a code and a way out', async (name, use) => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a')
      await use()
    })
    await run.turn(completed(1))
    expect(run.failure).toMatchObject({ code: 'NOT_DETERMINISTIC_HERE' })
    expect(run.failure.message).toContain(name)
    expect(run.failure.message).toMatch(/activity|createTimer/)
    await run.replayed()
  })

  test('clearTimeout of nothing, structuredClone, TextEncoder and other pure helpers work', async () => {
    const run = await start(async () => {
      clearTimeout(undefined)
      const clone = structuredClone({ a: [1] })
      return [clone, new TextEncoder().encode('ä').length, new URL('http://a/b').pathname, btoa('x')]
    })
    expect(run.output).toEqual([{ a: [1] }, 2, '/b', 'eA=='])
    await run.replayed()
  })
})

/** Everything the window replaces, as the process shows it now. */
function globalsNow(): readonly unknown[] {
  const holders: readonly (readonly [object, readonly string[]])[] = [
    [globalThis, ['Date', 'fetch', 'setTimeout', 'setInterval', 'setImmediate']],
    [AbortSignal, ['timeout']],
    [Math, ['random']],
    [performance, ['now']],
    [crypto, ['randomUUID', 'getRandomValues']],
    [nodeCrypto, ['randomUUID']],
    [process, ['nextTick']],
    [Date, ['now']],
    [Date.prototype, ['constructor']],
  ]
  return holders.flatMap(([holder, names]) =>
    names.map((name) => Object.getOwnPropertyDescriptor(holder, name)),
  )
}

describe('outside the window', () => {
  const endings: Readonly<Record<string, (ctx: WorkflowContext) => unknown>> = {
    completes: () => 1,
    waits: async (ctx) => ctx.createTimer(1),
    throws: () => {
      throw new Error('no')
    },
    'throws what is no error': () => {
      throw undefined
    },
    'awaits something foreign': async () => new Promise(() => {}),
    'continues as new': (ctx) => ctx.continueAsNew(),
    'has an output that cannot be written': () => 5n,
  }
  test.each(Object.entries(endings))(
    'nothing is touched after a workflow that %s',
    async (_how, workflow) => {
      const before = globalsNow()
      await start(workflow)
      expect(globalsNow()).toEqual(before)
      expect(windowsUnderWay()).toBe(0)
    },
  )

  test('what can be listed inside is what can be listed outside', async () => {
    const list = () => [
      Object.keys(globalThis),
      Object.keys(nodeCrypto),
      Object.keys(performance),
      Object.keys(process),
    ]
    const run = await start(async () => list())
    expect(run.output).toEqual(list())
  })

  test('what others have put in place meanwhile is put back', async () => {
    const { fetch: original } = globalThis
    const own = async () => new Response('mine')
    globalThis.fetch = own
    try {
      await start(async () => 1)
      expect(globalThis.fetch).toBe(own)
    } finally {
      globalThis.fetch = original
    }
  })

  test('an accessor that others have put in place is not called, and is put back', async () => {
    const original = Object.getOwnPropertyDescriptor(globalThis, 'fetch')
    const accessor = { configurable: true, get: () => undefined, set: expect.unreachable }
    Object.defineProperty(globalThis, 'fetch', accessor)
    try {
      await start(async () => 1)
      expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).toMatchObject(accessor)
    } finally {
      Object.defineProperty(globalThis, 'fetch', original ?? {})
    }
  })

  test('a replaced function that somebody has kept works as the real one', async () => {
    const kept: {
      now?: () => number
      Clock?: DateConstructor
      later?: typeof setTimeout
      uuid?: () => string
    } = {}
    await start(async () => {
      kept.now = Date.now
      kept.Clock = Date
      kept.later = setTimeout
      kept.uuid = nodeCrypto.randomUUID
    })
    expect(Math.abs((kept.now?.() ?? 0) - Date.now())).toBeLessThan(1000)
    const { Clock } = kept
    expect(Clock && Math.abs(new Clock().getTime() - Date.now())).toBeLessThan(1000)
    expect(Clock?.()).toBe(Date())
    await new Promise((resolve) => kept.later?.(resolve, 0))
    expect(kept.uuid?.()).not.toBe(kept.uuid?.())
  })

  test('randomUUID imported by name is the real one', async () => {
    await start(async () => randomUUID())
    expect(new Set(Array.from({ length: 100 }, () => randomUUID())).size).toBe(100)
    expect(randomUUID({ disableEntropyCache: true })).toHaveLength(36)
  })

  test('randomUUID imported by name stays deterministic when others bind the names of node:crypto anew', async () => {
    const { syncBuiltinESMExports } = await import('node:module')
    const drawn = async () => (await start(async () => randomUUID())).output
    const first = await drawn()
    syncBuiltinESMExports()
    expect(await drawn()).toBe(first)
  })

  test('two windows never overlap, however many instances run at once', async () => {
    const log: string[] = []
    const runs = Array.from({ length: 50 }, async (_, at) =>
      start(
        async (ctx: WorkflowContext) => {
          for (let step = 0; step < 5; step++) {
            log.push(ctx.getWorkflowInstanceId())
            await Promise.resolve()
            log.push(ctx.getWorkflowInstanceId())
          }
          await ctx.callActivity('a')
        },
        { instanceId: `i${at}` },
      ),
    )
    await Promise.all(runs)
    for (let at = 0; at < log.length; at += 10) expect(new Set(log.slice(at, at + 10)).size).toBe(1)
  })

  test('code of the host that waits for a macrotask runs between windows, never in one', async () => {
    const host = { stop: false, turns: 0 }
    const running = (async () => {
      while (!host.stop) {
        await macrotask()
        host.turns++
        await Promise.resolve()
        expect(Math.abs(Date.now() - startTime)).toBeGreaterThan(1_000_000)
      }
    })()
    for (let at = 0; at < 100; at++) {
      await start(async (ctx: WorkflowContext) => {
        for (let step = 0; step < 20; step++) await Promise.resolve()
        return ctx.createTimer(1)
      })
    }
    host.stop = true
    await running
    expect(host.turns).toBeGreaterThan(50)
  })
})
