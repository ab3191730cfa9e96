// Running again over HTTP. Each request carries a key of its own, so that a retry whose first attempt got through changes nothing.

import type { RunningAgain } from '../runtime/running-again.ts'
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
  }
}
