// Events from one instance to another.

import type { SendEvent } from '../engine/commands.ts'
import { isTerminal } from '../workflow/status.ts'
import type { Episode, InstanceKey } from './episode.ts'
import { doorbell, type Message } from './messages.ts'
import type { Ports } from './ports.ts'

/** An event to another instance; one that does not exist or has ended cannot take it, and nobody waits for an answer. */
export async function sendEvent(
  ports: Ports,
  key: InstanceKey,
  episode: Episode,
  command: SendEvent,
): Promise<Message[]> {
  const target = await ports.store.getInstance(command.instanceId, 'row')
  if (!target || target.purgedAt !== undefined || isTerminal(target.status)) {
    ports.logger.warn('An event was dropped: the instance does not exist or has ended.', {
      instanceId: command.instanceId,
      eventName: command.name,
      sender: key.instanceId,
    })
    return []
  }
  const id = `s:${key.instanceId}/${key.incarnation}/${episode.generation}.${command.seq}`
  const { name, input } = command
  const event = { kind: 'eventRaised', id, name, ...(input !== undefined && { input }) } as const
  await ports.store.putInbox(target, { factId: id, event, acceptedAt: ports.clock.now() })
  return [doorbell(target, ports.newId(), [id])]
}
