// One round: clients work while the target is killed again and again; then nobody is killed any more, everything must come to its end,
// and the checker looks at it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isTerminal, type RuntimeStatus } from '../../src/workflow/status.ts'
import { Rng } from '../../test/simulation/rng.ts'
import { isAbandoned, problemsOf } from './checker.ts'
import { Client } from './client.ts'
import { type Instance, Journal } from './journal.ts'
import type { Effect } from './load-app.ts'
import type { Target } from './targets.ts'

export interface RoundOptions {
  readonly target: Target
  readonly rng: Rng
  readonly name: string
  readonly kills: number
  /** For the effects. */
  readonly folder: string
}

export interface RoundResult {
  readonly killed: ReadonlyMap<string, number>
  readonly instances: number
  readonly entries: number
  readonly effects: number
  /** Effects beyond the first of a call. */
  readonly repeated: number
  /** Starts that were given up halfway, by the client and by the host that it had asked. */
  readonly abandoned: number
  readonly retries: number
  readonly problems: readonly string[]
}

const clients = 4
/** A kill comes at most so long after the one before; in a fifth of the cases nobody waits for the target to serve again. */
const longestLifeMs = 1_500
/** Within which an instance ends when nobody is killed any more. */
const drainMs = 60_000
/** The same for one whose start was given up before it was accepted. */
const abandonedMs = 5_000
const lookSeconds = 2

export async function runRound({ target, rng, name, kills, folder }: RoundOptions): Promise<RoundResult> {
  const file = join(folder, `effects-${name}.jsonl`)
  const journal = new Journal()
  const client = (number: number): Client =>
    new Client(number, { url: target.url, rng: diceOf(rng), journal, file })
  const observer = client(0)
  const shared = journal.add(`shared-${name}`, 'ledger')
  await observer.start(shared)
  const stop = new AbortController()
  const working = Array.from({ length: clients }, (_, at) => work(client(at + 1)))
  const killed = await killAgainAndAgain(target, diceOf(rng), kills)
  stop.abort()
  await Promise.all(working)
  const problems = await drainAndCheck(target, observer, journal, file)
  const effects = readEffects(file)
  return {
    killed,
    instances: journal.instances.size,
    entries: [...journal.instances.values()].reduce((sum, { entries }) => sum + entries.length, 0),
    effects: effects.length,
    repeated: effects.length - new Set(effects.map(({ key }) => key)).size,
    abandoned: journal.abandoned,
    retries: journal.retries,
    problems: [...journal.complaints, ...problems],
  }

  async function work(own: Client): Promise<void> {
    const dice = diceOf(rng)
    for (let at = 0; !stop.signal.aborted; at++) {
      await oneDeed(own, dice, `${name}-${own.number}-${at}`)
      await sleep(dice.int(0, 50))
    }
  }

  async function oneDeed(own: Client, dice: Rng, id: string): Promise<void> {
    if (dice.chance(0.4)) return own.write(shared, dice.int(1, 3), name)
    const isLedger = dice.chance(0.5)
    const instance = journal.add(id, isLedger ? 'ledger' : 'batch', isLedger ? 0 : dice.int(1, 8))
    if (!(await own.start(instance, dice.chance(0.1)))) return
    if (isLedger) await own.write(instance, dice.int(1, 5), name)
    else await own.look(instance)
    if (dice.chance(0.1)) await own.terminate(instance)
  }
}

async function killAgainAndAgain(
  target: Target,
  rng: Rng,
  kills: number,
): Promise<ReadonlyMap<string, number>> {
  const killed = new Map<string, number>()
  for (let kill = 0; kill < kills; kill++) {
    if (rng.chance(0.8)) await target.ready()
    await sleep(rng.int(1, longestLifeMs))
    const what = await target.kill(rng)
    killed.set(what, (killed.get(what) ?? 0) + 1)
  }
  await target.ready()
  return killed
}

/** An instance that is not there, or never ends, is the checker's affair. */
async function drainAndCheck(
  target: Target,
  observer: Client,
  journal: Journal,
  file: string,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const instance of journal.instances.values()) {
    if (!(await observer.look(instance))) continue
    if (instance.workflow === 'ledger' && instance.termination === 'none') await observer.close(instance)
    const deadline = performance.now() + (instance.isAccepted ? drainMs : abandonedMs)
    while (!isOver(instance) && performance.now() < deadline) {
      await observer.look(instance, lookSeconds)
      if (!isOver(instance)) target.hurry()
    }
  }
  const effects = Map.groupBy(readEffects(file), ({ instanceId }) => instanceId.split(':')[0] ?? '')
  for (const instance of journal.instances.values()) {
    const last = instance.seen.at(-1)
    const end = { last, history: last && (await observer.history(instance.id)) }
    if (isAbandoned(instance, end)) journal.abandoned++
    else problems.push(...problemsOf(instance, end, effects.get(instance.id) ?? []))
  }
  return problems
}

/** Dice of their own for everybody, drawn before anything happens. */
function diceOf(rng: Rng): Rng {
  return new Rng(rng.int(1, 2 ** 31))
}

function isOver({ seen }: Instance): boolean {
  return isTerminal((seen.at(-1)?.status ?? 'PENDING') as RuntimeStatus)
}

function readEffects(file: string): readonly Effect[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Effect)
}
