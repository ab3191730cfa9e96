// The recorded histories of the examples are the contract with instances that are under way: the code of now must fit each of them.

import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { app } from '../../examples/app.ts'
import type { ExecutionStarted } from '../../src/engine/events.ts'
import { Execution } from '../../src/engine/execution.ts'
import type { Turn, TurnResult } from '../../src/engine/turn.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import { generationsOf } from '../../src/testing/past.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { historyFile, readHistory, toHistoryText } from './history-files.ts'
import { record } from './recorder.ts'
import { scenarios } from './scenarios.ts'

test('every scenario has its history, and every history its scenario', () => {
  const files = readdirSync(new URL('.', historyFile('any')))
  expect(files.toSorted()).toEqual(
    Object.keys(scenarios)
      .map((name) => `${name}.json`)
      .toSorted(),
  )
})

test('every workflow of the example app has a recorded history', () => {
  const recorded = Object.values(scenarios).map(({ workflow }) => workflow)
  expect(new Set(recorded)).toEqual(new Set(app.workflowNames))
})

describe.each(Object.keys(scenarios))('%s', (name) => {
  const recorded = generations(readHistory(name).episodes)

  test('replays without a difference, to the recorded end', async () => {
    for (const { started, turns, last } of recorded) {
      const result = await newExecution(started).run(turns)
      expect(result.divergence).toBeUndefined()
      expect(endOf(result)).toEqual(recordedEnd(last))
    }
  })

  test('asks after every prefix for what the history records next', async () => {
    for (const { started, turns } of recorded) {
      for (const [at, turn] of turns.entries()) {
        const fresh: Turn = { at: turn.at, events: turn.events }
        const result = await newExecution(started).run([...turns.slice(0, at), fresh])
        expect(plain(result.commands)).toEqual(turn.recorded?.commands)
      }
    }
  })

  test('is what the recorder writes today', async () => {
    const scenario = scenarios[name]
    if (!scenario) throw new Error(`no scenario ${name}`)
    const { episodes } = await record(scenario)
    expect(toHistoryText({ ...scenario, episodes })).toBe(toHistoryText(readHistory(name)))
  })
})

/** What each execution went through, and how it ended. */
function generations(episodes: readonly Episode[]) {
  return generationsOf(episodes).map(({ started, turns }) => {
    const last = turns.at(-1)?.episode
    if (!last) throw new Error('A generation has a turn.')
    return { started, turns: turns.map(({ turn }) => turn), last }
  })
}

function newExecution(started: ExecutionStarted): Execution {
  const workflow = app.workflow(started.name, started.version)
  if (!workflow) throw new Error(`${started.name} is not registered`)
  return new Execution(app, workflow.run, started, silentLogger)
}

function endOf({ outcome }: TurnResult): unknown {
  switch (outcome?.kind) {
    case 'completed':
      return { output: outcome.output }
    case 'failed':
      return { failure: outcome.failure.message }
    case 'continuedAsNew':
      return { input: outcome.input }
    default:
      return outcome
  }
}

function recordedEnd({ status, output, failure, continuedAsNew }: Episode): unknown {
  if (continuedAsNew) return { input: continuedAsNew.started.input }
  return status === 'FAILED' ? { failure: failure?.message } : { output }
}

/** As the history holds it: after its way through JSON. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
