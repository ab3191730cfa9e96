// Rare branches that a campaign must have reached, each seen from outside: at the ports, in the log, in the episodes.

import type { HistoryEvent } from '../../src/engine/events.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import { withPorts } from '../support/intercept-ports.ts'

type Count = (what: string) => void

/** What every campaign of some thousand worlds with all faults meets; at zero it has proven less than it says. */
export const probes = [
  'append lost to a rival',
  'append to a life that is over',
  'stall set',
  'stall ended',
  'mark of a stall changed meanwhile',
  'guard duty over older generations',
  'outcomes put aside for a later turn',
  'message sent again as a copy',
  'guard of a lease sent again',
  'generation held to its pace',
  'lease taken',
  'inline activities demoted',
  'several results in one commit',
  'wide fan-out',
  'history trimmed',
  'activity to be completed from outside',
  'activity that runs at most once interrupted',
  'details of a heartbeat heard',
  'activity completed from outside',
  'time for a completion over',
  'input in the history',
  'dead letter of a workflow message',
  'turn failed',
  'outcome not kept at once',
  'continued as new',
  'suspended',
  'terminated',
  'timer cancelled',
  'rerun',
  'rewound',
  'purged by force',
  'child made',
  'child refused',
  'child tried again',
  'patch applied',
  'version not there',
  'start for later',
  'restarted',
  'event refused by its id, which was used before',
  'id used again',
  'life replaced by another',
] as const

/** The ports of one host, with somebody who counts. */
export function probed(ports: Ports, count: Count): Ports {
  const { store, queue, timers, logger } = ports
  const counted = withPorts(ports, {
    async appendEpisode(key, episode) {
      const result = await store.appendEpisode(key, episode)
      if (result.kind === 'gone') count('append to a life that is over')
      if (result.kind === 'lost') count('append lost to a rival')
      return result
    },
    async setStalled(key, stall, at, replaces) {
      const isSet = await store.setStalled(key, stall, at, replaces)
      if (isSet) count(stall ? 'stall set' : 'stall ended')
      if (stall?.code === 'VERSION_NOT_AVAILABLE') count('version not there')
      else count('mark of a stall changed meanwhile')
      return isSet
    },
    async readHistory(key) {
      count('guard duty over older generations')
      return store.readHistory(key)
    },
    async trimHistory(key, before) {
      count('history trimmed')
      return store.trimHistory(key, before)
    },
    async putInbox(key, row) {
      const present = await store.putInbox(key, row)
      if (present && row.factId.startsWith('e:')) count('event refused by its id, which was used before')
      return present
    },
    async createInstance(row, replaces) {
      const present = await store.createInstance(row, replaces)
      if (!present && replaces !== undefined) count('life replaced by another')
      return present
    },
    async send(messages, delayMs = 0) {
      for (const message of messages) countMessage(message, delayMs, count)
      return queue.send(messages, delayMs)
    },
    async cancel(...args) {
      count('timer cancelled')
      return timers.cancel(...args)
    },
  })
  const warn: Ports['logger']['warn'] = (message, fields) => {
    const [, probe] = logLines.find(([start]) => message.startsWith(start)) ?? []
    if (probe) count(probe)
    logger.warn(message, fields)
  }
  return { ...counted, logger: { ...logger, warn } }
}

const logLines = [
  ['A turn failed', 'turn failed'],
  ['The outcome of an activity could not be kept', 'outcome not kept at once'],
  ['The instance continues as new again and again', 'generation held to its pace'],
] as const

function countMessage(message: Message, delayMs: number, count: Count): void {
  if (message.kind === 'activity' && message.inputInHistory) count('input in the history')
  const isOutcome = message.kind === 'doorbell' && message.factIds.every((id) => id.startsWith('t:'))
  if (isOutcome && delayMs > 0) return count('outcomes put aside for a later turn')
  if (message.dispatchedTo !== undefined) return count('message sent again as a copy')
  if (delayMs > 0) count('guard of a lease sent again')
}

/** What an episode tells, once it is committed. */
export function countEpisode(episode: Episode, before: string | undefined, count: Count): void {
  count('episodes')
  if (episode.lease) count('lease taken')
  if (episode.demoted) count('inline activities demoted')
  if (episode.wide) count('wide fan-out')
  if (episode.patches) count('patch applied')
  if (episode.continuedAsNew) count('continued as new')
  if (episode.status === 'SUSPENDED' && before !== 'SUSPENDED') count('suspended')
  if (isTerminal(episode.status)) count(episode.status.toLowerCase())
  if (episode.commands.some(({ kind }) => kind === 'createChild')) count('child made')
  if (episode.events.some(({ kind }) => kind === 'activityDeferred'))
    count('activity to be completed from outside')
  const isOver = (event: HistoryEvent): boolean =>
    event.kind === 'taskFailed' && event.failure.code === 'ACTIVITY_TIMEOUT'
  if (episode.events.some(isOver)) count('time for a completion over')
  const answered = new Set(episode.commands.map(({ seq }) => seq))
  if (episode.events.some((event) => event.kind === 'taskCompleted' && answered.has(event.seq)))
    count('several results in one commit')
}
