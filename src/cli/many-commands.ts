// The commands on many instances: they are listed and counted, and what is done to all of them waits for --yes.

import type { WorkflowClient, WorkflowState } from '../client/workflow-client.ts'
import type { ManyOptions, WorkflowFilter } from '../client/workflow-list.ts'
import { isStatus } from '../http/wire.ts'
import { define, payload, tagsOf, toDate } from './client-command.ts'
import { type FlagValues, type Flags, UsageError } from './command-line.ts'
import type { Command, Terminal } from './command.ts'
import { stateToJson } from './states.ts'
import { printable, table } from './terminal.ts'

const filterFlags = {
  status: {
    type: 'string',
    multiple: true,
    value: 'status',
    description: 'such as RUNNING or FAILED; may be repeated: one of them',
  },
  workflow: {
    type: 'string',
    multiple: true,
    value: 'name',
    description: 'name of the workflow; may be repeated: one of them',
  },
  prefix: { type: 'string', value: 'text', description: 'what the instance id begins with' },
  parent: { type: 'string', value: 'id', description: 'the children of this instance' },
  tag: {
    type: 'string',
    multiple: true,
    value: 'name:value',
    description: 'tag of the instance; may be repeated: all of them',
  },
  'created-from': { type: 'string', value: 'time', description: 'created then or later' },
  'created-to': { type: 'string', value: 'time', description: 'created then or earlier' },
  'updated-from': { type: 'string', value: 'time', description: 'changed last then or later' },
  'updated-to': { type: 'string', value: 'time', description: 'changed last then or earlier' },
} as const satisfies Flags

const manyFlags = {
  ...filterFlags,
  all: { type: 'boolean', description: 'every instance, without a filter' },
  yes: { type: 'boolean', description: 'do it; without it, only says how many are meant' },
} as const satisfies Flags

const usualLimit = 100

interface ManyAct {
  /** What is done, as the name of the command for one instance has it. */
  readonly verb: string
  readonly done: string
  readonly summary: string
  readonly argument?: string
  readonly act: (
    client: WorkflowClient,
    filter: WorkflowFilter,
    options: ManyOptions,
    argument: Argument,
  ) => Promise<number>
}

interface Argument {
  readonly text: string | undefined
  readonly terminal: Terminal
}

const reasonOf = ({ text }: Argument) => (text === undefined ? {} : { reason: text })

const acts: readonly ManyAct[] = [
  {
    verb: 'suspend',
    done: 'suspended',
    summary: 'Suspends all instances that are meant and have not ended.',
    argument: '[reason]',
    act: async (client, filter, options, given) =>
      client.suspendWorkflows(filter, { ...options, ...reasonOf(given) }),
  },
  {
    verb: 'resume',
    done: 'resumed',
    summary: 'Resumes all suspended instances that are meant.',
    argument: '[reason]',
    act: async (client, filter, options, given) =>
      client.resumeWorkflows(filter, { ...options, ...reasonOf(given) }),
  },
  {
    verb: 'terminate',
    done: 'terminated',
    summary: 'Ends all instances that are meant, and their children.',
    argument: '[output]',
    act: async (client, filter, options, { text, terminal }) =>
      client.terminateWorkflows(filter, { ...options, output: await payload(text, terminal) }),
  },
  {
    verb: 'purge',
    done: 'purged',
    summary: 'Removes all instances that are meant and have ended.',
    act: async (client, filter, options) => client.purgeWorkflows(filter, options),
  },
]

export const manyCommands: Readonly<Record<string, Command>> = {
  list: define({
    usage: 'tenuto list',
    summary: 'Lists instances, the newest first.',
    flags: {
      ...filterFlags,
      limit: { type: 'string', value: 'number', description: `how many at most (default ${usualLimit})` },
      oldest: { type: 'boolean', description: 'the oldest first' },
    },
    notes: ['With --json each line is an instance.'],
    async act({ client, flags, terminal }) {
      const limit = toLimit(flags.limit ?? String(usualLimit))
      const options = { newestFirst: !flags.oldest, pageSize: Math.min(limit, 1_000) }
      const found: WorkflowState[] = []
      let isCut = false
      for await (const state of client.listWorkflows(filterOf(flags), options)) {
        isCut = found.length === limit
        if (isCut) break
        found.push(state)
        if (flags.json) terminal.out(stateToJson(state))
      }
      if (!flags.json) terminal.out(found.length === 0 ? 'no instances' : rowsOf(found))
      if (isCut) terminal.error(`There are more than ${limit}: --limit shows them.`)
      return 0
    },
  }),

  count: define({
    usage: 'tenuto count',
    summary: 'Counts instances.',
    flags: filterFlags,
    async act({ client, flags, print }) {
      const found = await client.countWorkflows(filterOf(flags))
      print(`${found.count}${found.more ? ' and more' : ''}`, found)
      return 0
    },
  }),

  ...Object.fromEntries(acts.map((each) => [`${each.verb}-many`, commandOf(each)])),
}

function commandOf({ verb, done, summary, argument, act }: ManyAct): Command {
  return define({
    usage: ['tenuto', `${verb}-many`, ...(argument === undefined ? [] : [argument])].join(' '),
    summary,
    flags: manyFlags,
    async act({ client, flags, subject, terminal, print }) {
      const filter = filterOf(flags)
      if (!flags.all && Object.keys(filter).length === 0) {
        throw new UsageError('Say which instances are meant, or --all.')
      }
      if (!flags.yes) {
        const { count, more } = await client.countWorkflows(filter)
        terminal.error(`${count}${more ? ' and more' : ''} instances fit the filter; --yes does it.`)
        return 1
      }
      const text = subject === '' ? undefined : subject
      const all = flags.all ?? false
      const number = await act(client, filter, { all }, { text, terminal })
      print(`${number} ${done}`, { [done]: number })
      return 0
    },
  })
}

function filterOf(flags: FlagValues<typeof filterFlags>): WorkflowFilter {
  const { status, workflow, prefix, parent, tag } = flags
  const time = <K extends string>(name: K, text: string | undefined): { readonly [P in K]?: Date } =>
    text === undefined ? {} : ({ [name]: toDate(text) } as { readonly [P in K]?: Date })
  return {
    ...(status && { statuses: status.map(toStatus) }),
    ...(workflow && { workflowNames: workflow }),
    ...(prefix !== undefined && { instanceIdPrefix: prefix }),
    ...(parent !== undefined && { parentInstanceId: parent }),
    ...(tag && { tags: tagsOf(tag) }),
    ...time('createdFrom', flags['created-from']),
    ...time('createdTo', flags['created-to']),
    ...time('lastUpdatedFrom', flags['updated-from']),
    ...time('lastUpdatedTo', flags['updated-to']),
  }
}

function toStatus(text: string) {
  const status = text.toUpperCase()
  if (isStatus(status)) return status
  throw new UsageError(`A status such as RUNNING was expected, got '${text}'.`)
}

function toLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError(`--limit is a number from 1, got '${text}'.`)
}

function rowsOf(states: readonly WorkflowState[]): string {
  const rows = states.map(({ instanceId, workflowName, runtimeStatus, createdAt, lastUpdatedAt }) => [
    printable(instanceId),
    printable(workflowName),
    runtimeStatus,
    createdAt.toISOString(),
    lastUpdatedAt.toISOString(),
  ])
  return table([['instance', 'workflow', 'status', 'created', 'updated'], ...rows])
}
