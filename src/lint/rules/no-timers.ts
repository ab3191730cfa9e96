// no-timers: a workflow waits with durable timers.

import { moduleOf, reached, shown } from '../reaches.ts'
import { child, defineRule } from '../syntax.ts'
import { workflowAround } from '../workflow-functions.ts'

/** These throw while a workflow runs. */
const refused = new Set(['setTimeout', 'setInterval', 'setImmediate', 'AbortSignal.timeout'])

export const noTimers = defineRule(
  'no timers of the process in workflow functions',
  {
    refused: '{{what}}() throws NOT_DETERMINISTIC_HERE while a workflow runs: wait with ctx.createTimer.',
    imported:
      '{{what}}() is forgotten when the host goes, and awaiting it ends the workflow (FOREIGN_AWAIT): wait with ctx.createTimer.',
  },
  (context) => ({
    CallExpression(node) {
      const what = reached(context, child(node, 'callee'))
      if (what === undefined) return
      const isImported =
        /^timers(?:\/promises)?$/.test(moduleOf(what) ?? '') && !shown(what).startsWith('clear')
      if (!isImported && !refused.has(what)) return
      if (!workflowAround(context, node)) return
      context.report({ node, messageId: isImported ? 'imported' : 'refused', data: { what: shown(what) } })
    },
  }),
)
