// Property: whatever a workflow does and in whatever order the answers come, an instance that is replayed, from any prefix of its history,
// asks for what the live one has asked for, and goes on as it would.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Command } from '../../src/engine/commands.ts'
import type { HistoryEvent } from '../../src/engine/events.ts'
import * as make from '../support/engine-events.ts'
import { type EngineRun, start } from '../support/engine-harness.ts'
import { numRuns } from '../support/property.ts'
import { program, workflowOf } from '../support/random-workflow.ts'

/** What the world does next; `pick` chooses among the commands that wait. */
type Happening =
  | { readonly kind: 'answer' | 'failure' | 'twice'; readonly pick: number }
  | { readonly kind: 'event' | 'suspend' | 'resume' | 'nudge' | 'stray' | 'terminate' }

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('answer' as const), pick: fc.nat(50) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('failure' as const, 'twice' as const), pick: fc.nat(50) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('event' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('suspend' as const, 'resume' as const, 'nudge' as const, 'stray' as const),
    }),
  },
)
const turns = fc.array(
  fc.record({ passMs: fc.nat(100_000), happenings: fc.array(happening, { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 12 },
)

function answerTo(command: Command, failing: boolean): HistoryEvent {
  switch (command.kind) {
    case 'scheduleTask':
      return failing
        ? make.failed(command.seq, `no ${command.seq}`)
        : make.completed(command.seq, command.seq)
    case 'createChild':
      return failing ? make.childFailed(command.seq) : make.childCompleted(command.seq, [command.seq])
    default:
      return make.fired(command.seq)
  }
}

/** The events of one turn. Time passes enough for every timer that is answered. */
function eventsOf(happenings: readonly Happening[], run: EngineRun): HistoryEvent[] {
  const open = [...run.open]
  return happenings.flatMap((happens): HistoryEvent[] => {
    if ('pick' in happens) {
      const command = open.splice(happens.pick % Math.max(open.length, 1), 1)[0]
      if (!command) return []
      const answer = answerTo(command, happens.kind === 'failure')
      return happens.kind === 'twice' ? [answer, answer] : [answer]
    }
    switch (happens.kind) {
      case 'event':
        return [make.raised(happenings.length % 2 === 0 ? 'e' : 'E', happenings.length)]
      case 'suspend':
        return [make.suspended()]
      case 'resume':
        return [make.resumed()]
      case 'nudge':
        return [make.nudged()]
      case 'stray':
        return [make.completed(900, 'stray')]
      default:
        return [make.terminated('end')]
    }
  })
}

test('live = replayed, for every prefix of every history', async () => {
  const endings = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(program, turns, fc.boolean(), async (written, happenings, terminate) => {
      const run = await start(workflowOf(written))
      for (const turn of happenings) {
        if (run.outcome) break
        await run.turnAt(run.now + turn.passMs, ...eventsOf(turn.happenings, run))
      }
      if (terminate && !run.outcome) {
        await run.turn(...eventsOf([{ kind: 'answer', pick: 0 }, { kind: 'terminate' }], run))
        expect(run.outcome).toBeDefined()
      }
      const ending = run.outcome?.kind ?? 'waits'
      endings.set(ending, (endings.get(ending) ?? 0) + 1)
      if (run.outcome?.kind === 'failed') expect(run.failure.code).toBeUndefined()
      await run.replayed()
    }),
    { numRuns: numRuns(400) },
  )
  expect([...endings.keys()].toSorted(), 'endings that were met').toEqual(
    expect.arrayContaining(['completed', 'continuedAsNew', 'failed', 'terminated', 'waits']),
  )
})

test('however the events are cut into turns, the same commands come out', async () => {
  await fc.assert(
    fc.asyncProperty(
      program,
      turns,
      fc.array(fc.boolean(), { maxLength: 60 }),
      async (written, happenings, cuts) => {
        const at = 1_000_000
        const run = await start(workflowOf(written), { at })
        for (const turn of happenings) {
          if (run.outcome) break
          await run.turnAt(at, ...eventsOf(turn.happenings, run))
        }
        const events = run.episodes.flatMap(({ turn }) => turn.events)
        const other = run.fresh()
        const commands: Command[] = []
        let turn: HistoryEvent[] = []
        let last
        for (const [index, event] of events.entries()) {
          turn.push(event)
          if (cuts[index] && index < events.length - 1) continue
          last = await other.run([{ at, events: turn }])
          commands.push(...last.commands)
          turn = []
        }
        expect(commands).toEqual(run.allCommands)
        expect(last?.customStatus).toEqual(run.last.customStatus)
        expect(last?.outcome?.kind).toBe(run.outcome?.kind)
      },
    ),
    { numRuns: numRuns(200) },
  )
})
