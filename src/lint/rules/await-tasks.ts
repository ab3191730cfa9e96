// await-tasks: the task of a durable call is awaited, yielded, or kept.

import {
  bare,
  child,
  children,
  defineRule,
  isFunction,
  nameOf,
  type Node,
  propertyOf,
  type RuleContext,
} from '../syntax.ts'
import { contextParameter, workflowAround } from '../workflow-functions.ts'

const durableCalls = new Set([
  'callActivity',
  'callChildWorkflow',
  'createTimer',
  'waitForExternalEvent',
  'whenAll',
  'whenAny',
])

export const awaitTasks = defineRule(
  'tasks of durable calls are awaited',
  {
    dropped:
      "{{call}}() is never awaited: its result and its failure are lost. Put '{{word}}' before it, or keep the task.",
    forEach:
      '{{call}}() in a forEach is awaited by nobody: use a for loop, or map with ctx.whenAll or Promise.all.',
  },
  (context) => ({
    CallExpression(node) {
      const call = durableCallOf(context, node)
      if (call === undefined) return
      const around = functionAround(node)
      const workflow = workflowAround(context, node)
      if (around && around !== workflow && isForEach(around)) {
        context.report({ node, messageId: 'forEach', data: { call } })
      } else if (outermost(node).parent?.type === 'ExpressionStatement') {
        const word = workflow?.['generator'] === true ? 'yield' : 'await'
        context.report({ node, messageId: 'dropped', data: { call, word } })
      }
    },
  }),
)

/** `ctx.callActivity` of `ctx.callActivity(…)`, and of a call of what was taken out of the context in the parameter list. */
function durableCallOf(context: RuleContext, node: Node): string | undefined {
  const callee = bare(child(node, 'callee'))
  const isMember = callee?.type === 'MemberExpression'
  const method = callee && (isMember ? propertyOf(callee) : nameOf(callee))
  if (method === undefined) return undefined
  const workflow = workflowAround(context, node)
  const parameter = workflow && contextParameter(workflow)
  if (!parameter) return undefined
  if (isMember) {
    const name = nameOf(bare(child(callee, 'object')))
    return name !== undefined && name === nameOf(parameter) && durableCalls.has(method)
      ? `${name}.${method}`
      : undefined
  }
  const taken = children(parameter, 'properties').find(
    (property) => nameOf(child(property, 'value')) === method,
  )
  return taken && durableCalls.has(nameOf(child(taken, 'key')) ?? '') ? method : undefined
}

/** The call with the `.then(…)` and the like that are hung on it. */
function outermost(node: Node): Node {
  const { parent } = node
  if (parent?.type === 'ChainExpression') return outermost(parent)
  const isChained = parent?.type === 'MemberExpression' && child(parent, 'object') === node
  const call =
    isChained && /^(?:then|catch|finally)$/.test(propertyOf(parent) ?? '') ? parent.parent : undefined
  return call?.type === 'CallExpression' && child(call, 'callee') === parent ? outermost(call) : node
}

function functionAround(node: Node): Node | undefined {
  for (let at = node.parent; at; at = at.parent) if (isFunction(at)) return at
  return undefined
}

function isForEach({ parent }: Node): boolean {
  const callee = parent?.type === 'CallExpression' ? bare(child(parent, 'callee')) : undefined
  return callee?.type === 'MemberExpression' && propertyOf(callee) === 'forEach'
}
