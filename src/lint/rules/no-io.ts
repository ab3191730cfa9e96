// no-io: a workflow reaches the world through activities.

import { moduleOf, reached, shown } from '../reaches.ts'
import { child, defineRule, type Node } from '../syntax.ts'
import { workflowAround } from '../workflow-functions.ts'

const globals = new Set(['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'])
const modules = new Set([
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'dns/promises',
  'fs',
  'fs/promises',
  'http',
  'http2',
  'https',
  'net',
  'os',
  'readline',
  'readline/promises',
  'sqlite',
  'tls',
  'worker_threads',
])

export const noIo = defineRule(
  'no network, files or environment in workflow functions',
  {
    io: '{{what}} reaches outside, and would do so again at each replay: call an activity that does it.',
    environment:
      'process.env may differ at the next replay, on another host or after a deploy: pass the value in the input, or read it in an activity.',
  },
  (context) => {
    function check(node: Node): void {
      const what = reached(context, child(node, 'callee'))
      if (what === undefined || what === 'os:uptime') return
      const module = moduleOf(what)
      if (module === undefined ? !globals.has(what) : !modules.has(module)) return
      if (workflowAround(context, node))
        context.report({ node, messageId: 'io', data: { what: shown(what) } })
    }
    return {
      CallExpression: check,
      NewExpression: check,
      MemberExpression(node) {
        const what = reached(context, node)
        if (what !== 'process.env' && what !== 'process:env') return
        if (workflowAround(context, node)) context.report({ node, messageId: 'environment' })
      },
    }
  },
)
