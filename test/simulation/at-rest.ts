// What must hold when a world has come to rest: everything ended as the oracle says, and nothing was left over.

import { factIdOf } from '../../src/engine/events.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Store } from '../../src/runtime/ports.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import { isForItsHost } from '../support/line-checker.ts'
import { rerunPrefix } from './again.ts'
import { type Clients, type Run, sinkId } from './clients.ts'
import { type Expected, oracle } from './oracle.ts'
import type { ProgramInput } from './program-app.ts'
import { type Program, stepsOf } from './programs.ts'
import { undoneWrongly } from './undone.ts'

/** Attempts of activities that have run: how often each, and for whom. */
interface Ledger {
  readonly runs: ReadonlyMap<string, number>
  /** Of each run the attempts that it has made, each counted once, by what they were asked. */
  readonly effects: ReadonlyMap<string, ReadonlyMap<number, number>>
}

export interface RestView {
  readonly lines: ReadonlyMap<string, readonly Episode[]>
  readonly store: Store
  readonly clients: Clients
  readonly ledger: Ledger
  /** Things that the platform still keeps. */
  readonly left: readonly string[]
  /** Messages were destroyed: what nobody waits for is not missed by anybody. */
  readonly isWiped: boolean
  /** Hosts die and stand still: an activity may run again, and its second run may do what nobody hears of. */
  readonly isFaulty: boolean
  /** Whatever is asked of the world is done at once or never. */
  readonly isTimely: boolean
  readonly violated: (text: string) => void
}

interface Life {
  readonly key: string
  readonly instanceId: string
  readonly incarnation: string
  readonly line: readonly Episode[]
  /** Its id has been used again: what it had asked for and nobody awaits may have been dropped. */
  readonly isOver: boolean
}

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
  for (const thing of view.left) view.violated(`L3 left over: ${thing}`)
  if (!view.isWiped) checkDispatched(view, lives)
}

async function toLife(key: string, line: readonly Episode[], store: Store): Promise<Life> {
  const at = key.indexOf('/')
  const [incarnation, instanceId] = [key.slice(0, at), key.slice(at + 1)]
  const row = await store.getInstance(instanceId)
  const isOver = row?.incarnation !== incarnation || row.purgedAt !== undefined
  return { key, incarnation, instanceId, line, isOver }
}

/** The label that a life was started with. */
function labelOf({ line }: Life): string | undefined {
  const started = line[0]?.events.find((event) => event.kind === 'executionStarted')
  if (started?.input === undefined) return undefined
  return (JSON.parse(started.input) as Partial<ProgramInput>).label
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
  if (own.length !== 1) {
    // It was terminated before its first turn.
    const isGone = own.length === 0 && isTerminated
    if (!isGone) violated(`I8 the run ${label} has ${own.length} lives`)
    return
  }
  const expected = oracle(program)
  const [life] = own
  const last = life?.line.at(-1)
  if (last?.status === 'TERMINATED' && isTerminated) return
  // It waited for a child that was purged; and it may have caught that.
  if (isForced && (last?.status === 'FAILED' || stepsOf(program).some(({ k }) => k === 'try'))) return
  if (last?.status !== 'COMPLETED' || last.output !== JSON.stringify(expected.output)) {
    violated(`O ${label} ended ${last?.status} with ${last?.output ?? last?.failure?.message}`)
    return
  }
  if (last.customStatus !== textOf(expected.customStatus))
    violated(`O ${label} shows ${last.customStatus}, not ${expected.customStatus}`)
  const isRewound = isFragile && all.length > 1
  const isReplaced = isRewound || life?.isOver === true
  const started = startedIn(program)
  // An activity or child that nobody awaits may be dropped when its life makes way for another before it has begun.
  const mayLack = (x: number): boolean => isWiped || (isReplaced && !started.has(x))
  checkEffects(
    label,
    expected,
    {
      mayLack,
      mayRepeat: (all.length > 1 && (isFaulty || mayBeUnheard(program))) || lives.some(hasTimedOut(label)),
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

function checkEffects(
  label: string,
  { effects }: Expected,
  { mayLack, mayRepeat = false }: { readonly mayLack: (x: number) => boolean; readonly mayRepeat?: boolean },
  { ledger, violated }: Pick<RestView, 'ledger' | 'violated'>,
): void {
  const made = ledger.effects.get(label) ?? new Map<number, number>()
  for (const x of new Set([...effects.keys(), ...made.keys()])) {
    const [actual = 0, wanted = 0] = [made.get(x), effects.get(x)]
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

/**
 * I12: a child that was refused has not run, unless a request came late: then its id may have become free on the way. Of older generations
 * nobody may know any more that it was refused.
 */
function checkRefused({ isTimely, violated }: RestView, lives: readonly Life[]): void {
  if (!isTimely) return
  const made = new Set(lives.map(({ line }) => parentCall(line)))
  for (const { instanceId, incarnation, line } of lives) {
    for (const event of line.flatMap(({ events }) => events)) {
      if (event.kind !== 'childWorkflowFailed' || event.failure.code !== 'CHILD_NOT_STARTED') continue
      if (event.generation !== line.at(-1)?.generation) continue
      const call = `${instanceId}/${incarnation}/${event.generation}.${event.seq}`
      if (made.has(call)) violated(`I12 a child was refused, and ran: ${call}`)
    }
  }
}

/** The call that a life is the child of. */
function parentCall(line: readonly Episode[]): string | undefined {
  const started = line[0]?.events.find((event) => event.kind === 'executionStarted')
  const parent = started?.parent
  return parent && `${parent.instanceId}/${parent.incarnation}/${parent.generation}.${parent.seq}`
}

/** I3: whatever was committed was dispatched. */
function checkDispatched({ ledger, violated }: RestView, lives: readonly Life[]): void {
  const sunk = lives.filter(({ instanceId }) => instanceId === sinkId).flatMap(({ line }) => line)
  const arrived = new Set(sunk.flatMap(({ events }) => events.map(factIdOf)))
  for (const { key, instanceId, incarnation, line, isOver } of lives) {
    const isTerminated = line.at(-1)?.status === 'TERMINATED'
    for (const { commands, generation, events, eventTimes, done = [] } of line) {
      const answered = new Set(events.map((event) => ('seq' in event ? event.seq : undefined)))
      for (const command of commands) {
        const { kind, seq } = command
        // It was carried out in the life whose past this is.
        if (done.includes(seq) || (eventTimes && answered.has(seq))) continue
        if (
          kind === 'sendEvent' &&
          !isOver &&
          !arrived.has(`s:${instanceId}/${incarnation}/${generation}.${seq}`)
        )
          violated(`I3 committed and never sent: ${key} ${generation}.${seq}`)
        if (
          kind === 'startWorkflow' &&
          !isOver &&
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
