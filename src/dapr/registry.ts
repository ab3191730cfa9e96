// What a runtime has been told to run, and what several of them can run together.

import { type App, defineApp } from '../workflow/app.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { ActivityFunction, WorkflowFunction } from '../workflow/functions.ts'
import { nameOf } from './names.ts'
import type { TWorkflow, TWorkflowActivity } from './types.ts'
import { WorkflowActivityContext } from './workflow-activity-context.ts'
import { WorkflowContext } from './workflow-context.ts'

export class Registry {
  readonly #workflows = new Map<string, WorkflowFunction>()
  readonly #activities = new Map<string, ActivityFunction>()

  /** @throws TenutoError `INVALID_ARGUMENT` for a name that is taken */
  addWorkflow(name: string, workflow: TWorkflow): void {
    assertFunction('workflow', name, workflow)
    add('workflow', this.#workflows, name, (ctx, input): unknown => workflow(new WorkflowContext(ctx), input))
  }

  /** @throws TenutoError `INVALID_ARGUMENT` for a name that is taken */
  addActivity(name: string, activity: TWorkflowActivity): void {
    assertFunction('activity', name, activity)
    add('activity', this.#activities, name, (ctx, input): unknown =>
      activity(new WorkflowActivityContext(ctx), input),
    )
  }

  toApp(): App {
    const app = defineApp({
      workflows: Object.fromEntries(this.#workflows),
      activities: Object.fromEntries(this.#activities),
    })
    return { ...app, ...named }
  }
}

/** Calls name functions as they name themselves, registered or not. */
const named: Pick<App, 'nameOfWorkflow' | 'nameOfActivity'> = {
  nameOfWorkflow: (given) => nameOf('workflow', given),
  nameOfActivity: (given) => nameOf('activity', given),
}

/** One app of many, which may come and go: what the first of them has. */
export function joinApps(apps: Iterable<App>): App {
  return {
    ...named,
    workflow: (name, version) => firstOf(apps, (app) => app.workflow(name, version)),
    latestVersion: (name) => firstOf(apps, (app) => app.latestVersion(name)),
    activity: (name) => firstOf(apps, (app) => app.activity(name)),
    get workflowNames() {
      return [...apps].flatMap((app) => app.workflowNames)
    },
    get activityNames() {
      return [...apps].flatMap((app) => app.activityNames)
    },
  }
}

function firstOf<T>(apps: Iterable<App>, find: (app: App) => T | undefined): T | undefined {
  for (const app of apps) {
    const found = find(app)
    if (found) return found
  }
  return undefined
}

function add<F>(kind: string, to: Map<string, F>, name: string, run: F): void {
  if (to.has(name)) {
    throw new TenutoError('INVALID_ARGUMENT', `The ${kind} name '${name}' is taken.`)
  }
  to.set(name, run)
}

function assertFunction(kind: string, name: string, run: unknown): void {
  if (typeof run === 'function') return
  throw new TenutoError('INVALID_ARGUMENT', `The ${kind} '${name}' must be a function, got ${typeof run}.`)
}
