// What may become of any request, in the words of the service that it is for.

import type { VirtualTime } from '../../../scripts/stack/virtual-time.ts'
import type { Rng } from '../../simulation/rng.ts'
import { cutAnswer, failAfter, type Fault, loseAnswer, loseRequest, refuse } from '../dynamodb/faults.ts'
import type { RequestFault, Service } from './tally.ts'
import { throttles } from './throttles.ts'

interface Means {
  readonly service: Service
  readonly time: VirtualTime
  readonly rng: Rng
}

const latestMs = 3_000

export const createRequestFault: Readonly<Record<RequestFault, (means: Means) => Fault>> = {
  throttled: ({ rng, service }) => refuse(...rng.pick(throttles[service])),
  'failed, not done': () => refuse(500, 'InternalServerError'),
  'failed, but done': () => failAfter(),
  'no connection': () => loseRequest,
  'answer lost': () => loseAnswer,
  'answer cut off': () => cutAnswer,
  slow:
    ({ time, rng }) =>
    async (_, send) => {
      await time.clock.sleep(rng.int(1, latestMs))
      return send()
    },
  'answer late':
    ({ time, rng }) =>
    async (_, send) => {
      const answer = await send()
      await time.clock.sleep(rng.int(1, latestMs))
      return answer
    },
  // Meanwhile the request is made again, and what follows from it may have happened.
  'arrived after it was given up':
    ({ time, rng }) =>
    async (request, send) => {
      time.later(rng.int(1, 3 * latestMs), send)
      return loseRequest(request, send)
    },
  'an outage': () => refuse(503, 'ServiceUnavailable'),
}
