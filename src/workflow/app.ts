// An app: the workflows and activities that belong together. Names come from the object keys, so minifiers cannot break them.

import type { CallActivityOptions } from './call-options.ts'
import { toMilliseconds } from './duration.ts'
import { TenutoError } from './errors.ts'
import type { ActivityFunction, WorkflowFunction } from './functions.ts'
import { toInline } from './inline.ts'
import { limits } from './limits.ts'
import { toRetrySchedule } from './retry-policy.ts'
import { WorkflowVersions } from './versions.ts'

export interface ActivityOptions extends CallActivityOptions {
  /** How many of it one process runs at once. Default: as many as the runtime allows. */
  readonly maxConcurrency?: number
}

/** An activity or workflow together with the name it is registered under. */
interface Registered<F> {
  readonly name: string
  readonly run: F
}

export interface RegisteredActivity extends Registered<ActivityFunction> {
  readonly options: ActivityOptions
}

export interface App {
  /** @returns undefined when nothing is registered under the name, or not in that version. */
  workflow(name: string, version?: string): Registered<WorkflowFunction> | undefined
  /** Version that new instances of a workflow take; undefined when it has no versions. */
  latestVersion(name: string): string | undefined
  activity(name: string): RegisteredActivity | undefined
  /** Name of a workflow given by function or by name. @throws TenutoError `WORKFLOW_NOT_REGISTERED` for an unknown function. */
  nameOfWorkflow(workflow: WorkflowFunction | string): string
  /** Name of an activity given by function or by name. @throws TenutoError `ACTIVITY_NOT_REGISTERED` for an unknown function. */
  nameOfActivity(activity: ActivityFunction | string): string
  readonly workflowNames: readonly string[]
  readonly activityNames: readonly string[]
}

export interface AppDefinition {
  readonly workflows: Readonly<Record<string, WorkflowFunction | WorkflowVersions>>
  readonly activities?: Readonly<Record<string, ActivityFunction>>
}

const optionsKey = Symbol('activity options')
const innerKey = Symbol('activity function')
type WithOptions = ActivityFunction & { [optionsKey]?: ActivityOptions; [innerKey]?: ActivityFunction }

/**
 * Gives an activity defaults: retry policy, timeout, concurrency. The result is called like the function itself.
 * @throws TenutoError `INVALID_RETRY_POLICY`, `INVALID_DURATION`, `INVALID_ARGUMENT`
 */
export function activity<F extends ActivityFunction>(run: F, options: ActivityOptions): F {
  if (options.retry) toRetrySchedule(options.retry)
  for (const name of ['timeout', 'heartbeatTimeout'] as const) {
    const given = options[name]
    if (given === undefined || toMilliseconds(given) > 0) continue
    throw new TenutoError('INVALID_ARGUMENT', `${name} must be greater than zero, got ${String(given)}.`)
  }
  toInline(options.inline)
  const { maxConcurrency, inline, atMostOnce } = options
  if (inline && atMostOnce) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      'An inline activity cannot run at most once: leave out inline or atMostOnce.',
    )
  }
  if (maxConcurrency !== undefined && !(Number.isInteger(maxConcurrency) && maxConcurrency > 0)) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `maxConcurrency must be an integer above zero, got ${String(maxConcurrency)}.`,
    )
  }
  const wrapped: WithOptions = (ctx, input) => run(ctx, input)
  wrapped[optionsKey] = options
  wrapped[innerKey] = run
  return wrapped as F
}

/**
 * An app from its workflows and activities.
 * @throws TenutoError `INVALID_ARGUMENT` when a value is no function, a name is empty or too long.
 */
export function defineApp(definition: AppDefinition): App {
  const workflows = new Map(
    Object.entries(definition.workflows).map(([name, given]) => [name, registerVersions(name, given)]),
  )
  const activities = new Map(
    Object.entries(definition.activities ?? {}).map(([name, run]) => {
      const { [optionsKey]: options = {} } = run as WithOptions
      return [name, { ...register('activity', name, run), options }]
    }),
  )
  const workflowNames = namesByFunction([...workflows.values()].flatMap((each) => each.all))
  const activityNames = namesByFunction(activities.values())
  return {
    workflow: (name, version) => workflows.get(name)?.version(version),
    latestVersion: (name) => workflows.get(name)?.latest,
    activity: (name) => activities.get(name),
    nameOfWorkflow: (workflow) => nameOf('workflow', workflow, workflowNames),
    nameOfActivity: (given) => nameOf('activity', given, activityNames),
    workflowNames: [...workflows.keys()],
    activityNames: [...activities.keys()],
  }
}

interface RegisteredWorkflow {
  readonly all: readonly Registered<WorkflowFunction>[]
  readonly latest: string | undefined
  version(version: string | undefined): Registered<WorkflowFunction> | undefined
}

function registerVersions(name: string, given: WorkflowFunction | WorkflowVersions): RegisteredWorkflow {
  if (!(given instanceof WorkflowVersions)) {
    const only = register('workflow', name, given)
    return {
      all: [only],
      latest: undefined,
      version: (version) => (version === undefined ? only : undefined),
    }
  }
  const all = new Map([...given.byName].map(([version, run]) => [version, register('workflow', name, run)]))
  const [first] = all.values()
  return {
    all: [...all.values()],
    latest: given.latest,
    // Instances that were started before there were versions run on the first.
    version: (version) => (version === undefined ? first : all.get(version)),
  }
}

function register<F>(kind: string, name: string, run: F): Registered<F> {
  if (name === '' || name.length > limits.nameCharacters) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `The name of a ${kind} must have 1 to ${limits.nameCharacters} characters, got '${name.slice(0, 40)}'.`,
    )
  }
  if (typeof run !== 'function') {
    throw new TenutoError('INVALID_ARGUMENT', `The ${kind} '${name}' must be a function, got ${typeof run}.`)
  }
  return { name, run }
}

/** A function may stand under several names; then only a call by name is unambiguous. */
function namesByFunction(all: Iterable<Registered<unknown>>): Map<unknown, string[]> {
  const names = new Map<unknown, string[]>()
  for (const { name, run } of all) {
    for (const key of new Set([run, (run as WithOptions)[innerKey] ?? run]))
      names.set(key, [...new Set([...(names.get(key) ?? []), name])])
  }
  return names
}

function nameOf(kind: 'workflow' | 'activity', given: unknown, names: Map<unknown, string[]>): string {
  if (typeof given === 'string' && given !== '') return given
  const [name, ...others] = names.get(given) ?? []
  if (name !== undefined && others.length === 0) return name
  const code = kind === 'workflow' ? 'WORKFLOW_NOT_REGISTERED' : 'ACTIVITY_NOT_REGISTERED'
  if (name !== undefined) {
    throw new TenutoError(
      code,
      `This function is registered as ${[name, ...others].join(', ')}: call the ${kind} by name.`,
    )
  }
  const what =
    typeof given === 'function' ? `The function '${given.name || '(anonymous)'}'` : `A ${typeof given}`
  throw new TenutoError(
    code,
    `${what} is no ${kind} of this app: add it to ${kind === 'workflow' ? 'workflows' : 'activities'} of defineApp.`,
  )
}
