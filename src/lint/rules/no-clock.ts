// no-clock: a workflow tells the time by its context.

import { reached, shown } from '../reaches.ts'
import { child, children, defineRule, type Node } from '../syntax.ts'
import { workflowAround } from '../workflow-functions.ts'

/** While a workflow runs these show its own clock. */
const workflowClock = new Set(['Date', 'Date.now', 'performance.now', 'perf_hooks:performance.now'])
const hostClock = /^(?:process[.:](?:hrtime(?:\.bigint)?|uptime)|os:uptime)$/

export const noClock = defineRule(
  'no clock of the host in workflow functions',
  {
    workflowClock:
      "{{what}} shows the workflow's own clock here, the time of the event that is being handled, and not the time of day. Say so: ctx.getCurrentUtcDateTime().",
    hostClock: '{{what}} gives another value at each replay: use ctx.getCurrentUtcDateTime().',
  },
  (context) => {
    function check(node: Node): void {
      const what = reached(context, child(node, 'callee'))
      if (what === undefined) return
      const isDate = what === 'Date'
      if (isDate && node.type === 'NewExpression' && children(node, 'arguments').length > 0) return
      const messageId = workflowClock.has(what) ? 'workflowClock' : 'hostClock'
      if (messageId === 'hostClock' && !hostClock.test(what)) return
      if (!workflowAround(context, node)) return
      const name = isDate && node.type === 'NewExpression' ? 'new Date' : shown(what)
      context.report({ node, messageId, data: { what: `${name}()` } })
    }
    return { CallExpression: check, NewExpression: check }
  },
)
