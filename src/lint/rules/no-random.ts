// no-random: chance enters a workflow as the result of an activity.

import { moduleOf, reached, shown } from '../reaches.ts'
import { child, defineRule } from '../syntax.ts'
import { workflowAround } from '../workflow-functions.ts'

/** While a workflow runs these are seeded. */
const seeded = new Set([
  'Math.random',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'crypto:randomUUID',
  'crypto:webcrypto.randomUUID',
  'crypto:webcrypto.getRandomValues',
])
const random = /^crypto:(?:random(?:Bytes|Int|Fill|FillSync)|getRandomValues|generateKey(?:Pair)?(?:Sync)?)$/
const randomUuid = /^uuid:v[1467]$/

export const noRandom = defineRule(
  'no random numbers in workflow functions',
  {
    seeded:
      '{{what}}() is seeded here and gives the same at each replay: no secret. For an id use ctx.newGuid(); what must be random is made by an activity.',
    random:
      '{{what}}() gives another value at each replay: use ctx.newGuid() for an id, or call an activity.',
  },
  (context) => ({
    CallExpression(node) {
      const what = reached(context, child(node, 'callee'))
      if (what === undefined) return
      const isRandom = random.test(what) || randomUuid.test(what) || moduleOf(what) === 'nanoid'
      if (!isRandom && !seeded.has(what)) return
      if (!workflowAround(context, node)) return
      context.report({ node, messageId: isRandom ? 'random' : 'seeded', data: { what: shown(what) } })
    },
  }),
)
