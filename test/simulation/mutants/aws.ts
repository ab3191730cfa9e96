// Adapters that do not heed what the services of AWS say.

import type { Mutants } from './making.ts'
import type { Mutant } from './mutant.ts'

const faults = { faults: true, level: 'aws' } as const
const calm = { level: 'aws' } as const

/** Changes what an operation answers. */
function hearing(
  operation: string,
  change: (output: object, input: Readonly<Record<string, unknown>>) => object,
): Mutant {
  return {
    async request(call, send) {
      const output = await send(call.input)
      return call.operation === operation ? change(output, call.input) : output
    },
  }
}

/** Leaves something out of what an operation is asked. */
function asking(operation: string, isMeant: (sk: string) => boolean, without: readonly string[]): Mutant {
  return {
    async request({ operation: asked, input }, send) {
      const { Item: item } = input as { readonly Item?: { readonly sk?: { readonly S?: string } } }
      if (asked !== operation || !isMeant(item?.sk?.S ?? '')) return send(input)
      return send(Object.fromEntries(Object.entries(input).filter(([name]) => !without.includes(name))))
    },
  }
}

export const aws: Mutants = {
  'items of a batch that were left for later, and nobody writes': {
    ...faults,
    mutant: hearing('BatchWriteItem', (output) => ({ ...output, UnprocessedItems: {} })),
  },
  'messages of a batch that failed, and count as sent': {
    ...faults,
    mutant: hearing('SendMessageBatch', (_, { Entries: entries }) => ({
      Successful: (entries as readonly { readonly Id: string }[]).map(({ Id }) => ({ Id })),
      Failed: [],
    })),
  },
  'an episode that is put without its condition': {
    ...calm,
    mutant: asking('PutItem', (sk) => sk.includes('#e#'), [
      'ConditionExpression',
      'ExpressionAttributeNames',
    ]),
  },
  'a refused write that is taken for done': {
    ...calm,
    mutant: {
      request: (call, send) =>
        call.operation === 'PutItem'
          ? send(call.input).catch((error: unknown) => {
              if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return {}
              throw error
            })
          : send(call.input),
    },
  },
}
