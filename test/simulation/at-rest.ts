// What must hold when a world has come to rest: everything ended as the oracle says, and nothing was left over.

import { factIdOf } from '../../src/engine/events.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import { isForItsHost } from '../support/line-checker.ts'
import { rerunPrefix } from './again.ts'
import { type Run, sinkId } from './clients.ts'
import { hour, minute } from './conditions.ts'
import { checkPurged, checkRefused, checkTerminated } from './kin.ts'
import { labelOf, type Life, type RestView, toLife } from './lives.ts'
import { type Expected, oracle } from './oracle.ts'
import { type Program, stepsOf } from './programs.ts'
import { undoneWrongly } from './undone.ts'

export async function checkAtRest(view: RestView): Promise<void> {
  const lives = await Promise.all([...view.lines].map(async ([key, line]) => toLife(key, line, view.store)))
  for (const run of view.clients.runs) checkRun(view, run, lives)
  for (const run of view.clients.again.reruns) checkRerun(view, run, lives)
  for (const life of lives) {
    await checkLife(view, life)
    for (const text of undoneWrongly(life.line)) view.violated(`U ${life.key}: ${text}`)
  }
  for (const id of new Set(view.clients.runs.map(({ instanceId }) => instanceId)))
    await checkRow(view, id, lives)
  checkAccepted(view, lives)
  checkRefused(view, lives)
  checkStarts(view, lives)
  checkTerminated(view, lives)
  await checkPurged(view, lives)
  for (const thing of view.left) view.violated(`L3 left over: ${thing}`)
  if (!view.isWiped) checkDispatched(view, lives)
}

/** O: the result of the oracle, its effects, and nothing else. */
function checkRun(
  { clients, ledger, isWiped, isFaulty, violated }: RestView,
  { label, instanceId, program }: Run,
  lives: readonly Life[],
) {
  const all = lives.filter((life) => life.instanceId === instanceId && labelOf(life) === label)
  const isFragile = stepsOf(program).some(({ k }) => k === 'fragile')
  // A rewound life has made way for the next one.
  const own = isFragile && all.length > 1 ? all.filter(({ isOver }) => !isOver) : all
  const isForced = clients.again.forced.has(instanceId)
  const isTerminated = clients.terminated.has(instanceId) || isForced
  const times = clients.restarted.has(label) ? 2 : 1
  if (own.length !== times) {
    // It was terminated before its first turn.
    const isGone = own.length < times && isTerminated
    if (!isGone) violated(`I8 the run ${label} has ${own.length} lives`)
    return
  }
  const expected = oracle(program)
  for (const { line } of own) {
    const last = line.at(-1)
    if (last?.status === 'TERMINATED' && isTerminated) return
    // It waited for a child that was purged; and it may have caught that.
    if (isForced && (last?.status === 'FAILED' || stepsOf(program).some(({ k }) => k === 'try'))) return
    if (last?.status !== 'COMPLETED' || last.output !== JSON.stringify(expected.output)) {
      violated(`O ${label} ended ${last?.status} with ${last?.output ?? last?.failure?.message}`)
      return
    }
    if (last.customStatus !== textOf(expected.customStatus))
      violated(`O ${label} shows ${last.customStatus}, not ${expected.customStatus}`)
  }
  const isRewound = isFragile && all.length > 1
  const isReplaced = isRewound || own.some(({ isOver }) => isOver)
  const started = startedIn(program)
  // An activity or child that nobody awaits may be dropped when its life makes way for another before it has begun.
  const claimed = new Set(stepsOf(program).flatMap((step) => (step.k === 'claims' ? step.xs : [])))
  const mayLack = (x: number): boolean => isWiped || claimed.has(x) || (isReplaced && !started.has(x))
  checkEffects(
    label,
    expected,
    {
      times,
      mayLack,
      mayRepeat:
        (isFragile && all.length > 1 && (isFaulty || mayBeUnheard(program))) ||
        // A child that was purged is tried again.
        (isForced && stepsOf(program).some(({ k }) => k === 'hatch')) ||
        lives.some(hasTimedOut(label)),
    },
    { ledger, violated },
  )
}

/** An attempt took longer than its function may; then there is one more. */
function hasTimedOut(label: string): (life: Life) => boolean {
  return (life) => labelOf(life) === label && life.line.some(({ events }) => events.some(isForItsHost))
}

/** O: a rerun ends as the other life did, and does nothing that the program does not do. */
function checkRerun(
  { clients, ledger, violated }: RestView,
  { label, instanceId, program }: Run,
  lives: readonly Life[],
): void {
  const life = lives.find((each) => each.instanceId === instanceId)
  if (!life || clients.again.forced.has(label)) return
  const expected = oracle(program)
  const last = life.line.at(-1)
  if (last?.status !== 'COMPLETED' || last.output !== JSON.stringify(expected.output))
    violated(`O the rerun of ${label} ended ${last?.status} with ${last?.output ?? last?.failure?.message}`)
  checkEffects(rerunPrefix + label, expected, { mayLack: () => true }, { ledger, violated })
}

/** What is done in workflows of their own, which nobody takes away. */
function startedIn(program: Program): ReadonlySet<number> {
  const started = stepsOf(program).flatMap((step) => (step.k === 'start' ? [step.program] : []))
  return new Set(started.flatMap((each) => [...oracle(each).effects.keys()]))
}

/** Steps may be under way and unheard when another fails, or have failed and been caught: a rewound life asks for them again. */
function mayBeUnheard(program: Program): boolean {
  const unheard = new Set(['detached', 'parallel', 'any', 'start', 'unanswered', 'broken', 'rivals'])
  return stepsOf(program).some(({ k }) => unheard.has(k))
}

interface Leeway {
  readonly mayLack: (x: number) => boolean
  readonly mayRepeat?: boolean
  /** Lives that have done it. */
  readonly times?: number
}

function checkEffects(
  label: string,
  { effects }: Expected,
  { mayLack, mayRepeat = false, times = 1 }: Leeway,
  { ledger, violated }: Pick<RestView, 'ledger' | 'violated'>,
): void {
  const made = ledger.effects.get(label) ?? new Map<number, number>()
  for (const x of new Set([...effects.keys(), ...made.keys()])) {
    const [actual = 0, wanted] = [made.get(x), times * (effects.get(x) ?? 0)]
    const isRight = (mayLack(x) || actual >= wanted) && (mayRepeat || actual <= wanted)
    if (!isRight) violated(`O ${label} has ${actual} attempts of ${x}, not ${wanted}`)
  }
}

function textOf(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}

/** I8: it has ended; L3: nothing waits in its inbox. */
async function checkLife(
  { store, violated }: RestView,
  { key, instanceId, incarnation, line }: Life,
): Promise<void> {
  if (!isTerminal(line.at(-1)?.status ?? 'PENDING')) {
    violated(`I8 ${key} did not end`)
    const { inbox } = await store.read({ instanceId, incarnation })
    // A write that came late may bring a consumed row back; it is litter, and known as such.
    const known = new Set(line.flatMap(({ events }) => events.map(factIdOf)))
    const left = inbox.filter(({ factId }) => !known.has(factId)).map(({ factId }) => factId)
    if (left.length > 0) violated(`L3 rows left in the inbox of ${key}: ${left.join()}`)
  }
}

/** I5: the row shows how the newest life ended. */
async function checkRow(
  { store, violated }: RestView,
  instanceId: string,
  lives: readonly Life[],
): Promise<void> {
  const row = await store.getInstance(instanceId)
  if (!row || row.purgedAt !== undefined) return
  if (!isTerminal(row.status)) {
    const why = row.stalled ? `${row.stalled.code} ${row.stalled.message}` : ''
    violated(`I8 ${instanceId} is ${row.status} ${why} with ${row.episode} episodes`)
    return
  }
  const last = lives.find(
    ({ incarnation, instanceId: id }) => id === instanceId && incarnation === row.incarnation,
  )
  const end = last?.line.at(-1)
  if (
    end &&
    (row.status !== end.status || row.output !== end.output || row.customStatus !== end.customStatus)
  )
    violated(`I5 the row of ${instanceId} shows ${row.status}, and it ended ${end.status}`)
}

function checkAccepted({ clients, violated }: RestView, lives: readonly Life[]): void {
  for (const { instanceId, factId } of clients.accepted) {
    const own = lives.filter((life) => life.instanceId === instanceId)
    const isApplied = own.some(({ line }) =>
      line.some(({ events }) => events.some((each) => factIdOf(each) === factId)),
    )
    const mayBeDropped = own.some(({ line }) => isTerminal(line.at(-1)?.status ?? 'PENDING'))
    if (!isApplied && !mayBeDropped && !clients.terminated.has(instanceId))
      violated(`I2 accepted but lost: ${instanceId} ${factId}`)
  }
}

/** I6: what is started for later does not begin before, beyond what clocks are wrong by. */
function checkStarts({ clients, violated }: RestView, lives: readonly Life[]): void {
  const startAts = new Map(clients.runs.map(({ label, startAt }) => [label, startAt]))
  const commands = lives.flatMap(({ line }) => line.flatMap((episode) => episode.commands))
  for (const command of commands)
    if (command.kind === 'startWorkflow') startAts.set(command.instanceId, command.startAt)
  for (const {
    key,
    instanceId,
    line: [first],
  } of lives) {
    // A restart does not wait for it, and may follow a termination.
    const startAt = clients.terminated.has(instanceId) ? undefined : startAts.get(instanceId)
    if (first && first.status !== 'TERMINATED' && startAt !== undefined && first.at + 2 * minute < startAt)
      violated(`I6 begun early: ${key}`)
  }
}

/** Since when a life that was taken away had asked for what must have been done nevertheless; nothing is known where nobody saw it go. */
function dutyFrom({ purged }: RestView, lives: readonly Life[], incarnation: string): number {
  const own = lives.findIndex((life) => life.incarnation === incarnation)
  const after = lives.slice(own + 1).find(({ instanceId }) => instanceId === lives[own]?.instanceId)
  const goneAt = Math.min(
    purged.get(incarnation) ?? Number.POSITIVE_INFINITY,
    after?.line[0]?.at ?? Number.POSITIVE_INFINITY,
  )
  return goneAt - hour + 5 * minute
}

/** I3: whatever was committed was dispatched. */
function checkDispatched(view: RestView, lives: readonly Life[]): void {
  const { ledger, violated } = view
  const sunk = lives.filter(({ instanceId }) => instanceId === sinkId).flatMap(({ line }) => line)
  const arrived = new Set(sunk.flatMap(({ events }) => events.map(factIdOf)))
  // By clocks that are wrong the sink may seem to be younger than what was sent to it: whoever purges the sender takes it for another life.
  const sinkIsOldFrom = (sunk[0]?.at ?? 0) + 2 * minute
  for (const { key, instanceId, incarnation, line, isOver } of lives) {
    const isTerminated = line.at(-1)?.status === 'TERMINATED'
    const knownFrom = isOver ? Math.max(sinkIsOldFrom, dutyFrom(view, lives, incarnation)) : 0
    for (const { at, commands, generation, events, eventTimes, done = [] } of line) {
      const answered = new Set(events.map((event) => ('seq' in event ? event.seq : undefined)))
      for (const command of commands) {
        const { kind, seq } = command
        // It was carried out in the life whose past this is.
        if (done.includes(seq) || (eventTimes && answered.has(seq))) continue
        if (
          kind === 'sendEvent' &&
          at >= knownFrom &&
          !arrived.has(`s:${instanceId}/${incarnation}/${generation}.${seq}`)
        )
          violated(`I3 committed and never sent: ${key} ${generation}.${seq}`)
        if (
          kind === 'startWorkflow' &&
          at >= knownFrom &&
          !lives.some((life) => life.instanceId === command.instanceId)
        )
          violated(`I3 committed and never started: ${key} ${generation}.${seq}`)
        // What runs at most once may have been interrupted before it ran, and what is idle is cancelled and leaves no trace.
        if (kind !== 'scheduleTask' || isTerminated || isOver || command.atMostOnce) continue
        if (command.name === 'idle') continue
        const { firstSeq = seq, attempt = 1 } = command.retry ?? {}
        if (!ledger.runs.has(`${instanceId}/${incarnation}/t:${generation}.${firstSeq}#${attempt}`))
          violated(`I3 committed and never run: ${key} ${generation}.${seq}`)
      }
    }
  }
}
