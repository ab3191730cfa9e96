// What a client does with many instances: it reads lists to their end, and repeats an act on many until all of them are done.

import type { InstanceFilter } from '../runtime/instance-filter.ts'
import type { ActOnMany, Management } from '../runtime/management.ts'
import { encodePayload } from '../workflow/payload.ts'
import { optional, toEpochMs, toState } from './values.ts'
import type { ListOptions, ManyWorkflows, WorkflowFilter, WorkflowPage } from './workflow-list.ts'

export function manyWorkflows(management: Management): ManyWorkflows {
  async function getWorkflowPage(
    filter: WorkflowFilter = {},
    options: ListOptions & { readonly pageToken?: string } = {},
  ): Promise<WorkflowPage> {
    const { instances, nextPageToken } = await management.list({ ...toFilter(filter), ...options })
    return { instances: instances.map(toState), ...optional('nextPageToken', nextPageToken) }
  }
  async function* listWorkflows(filter?: WorkflowFilter, options: ListOptions = {}) {
    let pageToken: string | undefined
    do {
      const page = await getWorkflowPage(filter, { ...options, ...optional('pageToken', pageToken) })
      yield* page.instances
      pageToken = page.nextPageToken
    } while (pageToken !== undefined)
  }
  async function doneTo(given: WorkflowFilter, act: ActOnMany, all = false): Promise<number> {
    const filter = toFilter(given)
    let done = 0
    let pageToken: string | undefined
    do {
      const report = await management.actOnMany({ act, filter, all, ...optional('pageToken', pageToken) })
      done += report.done
      pageToken = report.nextPageToken
    } while (pageToken !== undefined)
    return done
  }
  return {
    getWorkflowPage,
    listWorkflows,
    countWorkflows: async (filter = {}) => management.count(toFilter(filter)),
    async terminateWorkflows(filter, { output, all } = {}) {
      const payload = encodePayload(output, 'output')
      return doneTo(filter, { kind: 'terminate', ...optional('output', payload) }, all)
    },
    suspendWorkflows: async (filter, { reason, all } = {}) =>
      doneTo(filter, { kind: 'suspend', ...optional('reason', reason) }, all),
    resumeWorkflows: async (filter, { reason, all } = {}) =>
      doneTo(filter, { kind: 'resume', ...optional('reason', reason) }, all),
    purgeWorkflows: async (filter, { all } = {}) => doneTo(filter, { kind: 'purge' }, all),
  }
}

function toFilter({
  createdFrom,
  createdTo,
  lastUpdatedFrom,
  lastUpdatedTo,
  ...same
}: WorkflowFilter): InstanceFilter {
  return {
    ...same,
    ...optional('createdFrom', createdFrom && toEpochMs(createdFrom, 'createdFrom')),
    ...optional('createdTo', createdTo && toEpochMs(createdTo, 'createdTo')),
    ...optional('lastUpdatedFrom', lastUpdatedFrom && toEpochMs(lastUpdatedFrom, 'lastUpdatedFrom')),
    ...optional('lastUpdatedTo', lastUpdatedTo && toEpochMs(lastUpdatedTo, 'lastUpdatedTo')),
  }
}
