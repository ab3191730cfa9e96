// Running again over HTTP. Each request carries a key of its own, so that a retry whose first attempt got through changes nothing.

import type { RunningAgain } from '../runtime/running-again.ts'
import { decodePayload } from '../workflow/payload.ts'
import { instancePath, keyHeader, startedId } from './http-request.ts'
import type { Send } from './transport.ts'

export function httpAgain(send: Send): RunningAgain {
  return {
    async restart({ instanceId, newInstanceId, idempotencyKey }) {
      const body = newInstanceId === undefined ? undefined : JSON.stringify({ newInstanceID: newInstanceId })
      const path = `${instancePath(instanceId)}/restart`
      const answer = await send({ method: 'POST', path, headers: keyHeader(idempotencyKey), body })
      return { instanceId: startedId(answer) }
    },
    async rerun({ instanceId, eventId, newInstanceId = crypto.randomUUID(), ...request }) {
      const { input, newChildInstanceId, idempotencyKey } = request
      const members = {
        eventID: eventId,
        newInstanceID: newInstanceId,
        newChildInstanceID: newChildInstanceId,
      }
      const body = JSON.stringify({ ...members, ...(input !== undefined && { input: decodePayload(input) }) })
      const path = `${instancePath(instanceId)}/rerun`
      const answer = await send({ method: 'POST', path, headers: keyHeader(idempotencyKey), body })
      return { instanceId: startedId(answer) }
    },
    async rewind({ instanceId, idempotencyKey }) {
      const path = `${instancePath(instanceId)}/rewind`
      const answer = await send({ method: 'POST', path, headers: keyHeader(idempotencyKey) })
      return { instanceId: startedId(answer) }
    },
  }
}
