// Any message that the runtime may send, with the texts that users may give: every character there is, and halves of characters too.

import * as fc from 'fast-check'
import type {
  ActivityMessage,
  Doorbell,
  Message,
  Nudge,
  TimerMessage,
} from '../../../src/runtime/messages.ts'

/** Any UTF-16 units, valid text or not. */
const wild = fc.string({ unit: 'binary', maxLength: 40 })
const surrogates = fc
  .array(fc.integer({ min: 0xd7_f0, max: 0xe0_10 }), { maxLength: 8 })
  .map((units) => String.fromCharCode(...units))
export const anyText = fc.oneof(
  wild,
  surrogates,
  fc.constantFrom('<aws.scheduler.execution-id>', '"\\\u0000\u007F'),
)

const name = anyText.map((text) => `n${text}`)
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const envelope = {
  v: fc.constant(1 as const),
  token: name,
  instanceId: name,
  incarnation: name,
}

const anyDoorbell: fc.Arbitrary<Doorbell> = fc.record({
  ...envelope,
  kind: fc.constant('doorbell' as const),
  factIds: fc.array(anyText, { minLength: 1, maxLength: 5 }),
})

export const anyTimer: fc.Arbitrary<TimerMessage> = fc.record({
  ...envelope,
  kind: fc.constant('timer' as const),
  generation: count,
  seq: count,
  dueAt: fc.integer({ min: 0, max: 8.64e15 }),
})

const anyNudge: fc.Arbitrary<Nudge> = fc.record({
  ...envelope,
  kind: fc.constant('nudge' as const),
  id: name,
  episode: count,
})

const anyActivity = fc.record(
  {
    ...envelope,
    kind: fc.constant('activity' as const),
    generation: count,
    seq: count,
    name,
    input: fc.oneof(anyText, fc.json()),
    inputInHistory: fc.constant(true as const),
    attempt: fc.integer({ min: 1, max: 100 }),
    firstSeq: count,
    timeoutMs: fc.nat(),
    wide: fc.boolean(),
  },
  {
    requiredKeys: [
      'v',
      'token',
      'instanceId',
      'incarnation',
      'kind',
      'generation',
      'seq',
      'name',
      'attempt',
      'firstSeq',
    ],
  },
) as fc.Arbitrary<ActivityMessage>

/** The first message of its token, or a copy of it. */
export const anyMessage: fc.Arbitrary<Message> = fc
  .tuple(fc.oneof(anyDoorbell, anyTimer, anyNudge, anyActivity), fc.option(count, { nil: undefined }))
  .map(([message, dispatchedTo]) => ({ ...message, ...(dispatchedTo !== undefined && { dispatchedTo }) }))
