// no-module-state: a workflow remembers in its own variables alone.

import {
  bare,
  child,
  defineRule,
  nameOf,
  type Node,
  propertyOf,
  type RuleContext,
  type Variable,
  variableOf,
} from '../syntax.ts'
import { workflowAround } from '../workflow-functions.ts'

const mutators = new Set([
  'add',
  'clear',
  'copyWithin',
  'delete',
  'fill',
  'pop',
  'push',
  'reverse',
  'set',
  'shift',
  'sort',
  'splice',
  'unshift',
])
const containers = new Set(['Array', 'Map', 'Set', 'WeakMap', 'WeakSet'])

export const noModuleState = defineRule(
  'no mutable state of the module in workflow functions',
  {
    written:
      "'{{name}}' belongs to the module: all instances in this process share it, and each replay changes it again. Keep it in a variable of the workflow.",
    read: "'{{name}}' belongs to the module and is changed elsewhere: a replay may find another value. Pass it in the input, or read it in an activity.",
  },
  (context) => {
    function written(node: Node, target: Node | undefined): void {
      const root = rootOf(target)
      const variable = root && moduleVariable(context, root)
      if (!variable || !workflowAround(context, node)) return
      context.report({ node, messageId: 'written', data: { name: variable.name } })
    }
    return {
      AssignmentExpression: (node) => written(node, child(node, 'left')),
      UpdateExpression: (node) => written(node, child(node, 'argument')),
      UnaryExpression(node) {
        if (node['operator'] === 'delete') written(node, child(node, 'argument'))
      },
      CallExpression(node) {
        const callee = bare(child(node, 'callee'))
        if (callee?.type !== 'MemberExpression' || !mutators.has(propertyOf(callee) ?? '')) return
        const target = bare(child(callee, 'object'))
        if (target && holdsContainer(context, target)) written(node, target)
      },
      'Program:exit'() {
        for (const { name, references } of changingVariables(context)) {
          for (const { identifier: node } of references.filter((each) => each.isRead() && !each.isWrite())) {
            if (workflowAround(context, node)) context.report({ node, messageId: 'read', data: { name } })
          }
        }
      },
    }
  },
)

/** `state` of `state.items[0].name`. */
function rootOf(node: Node | undefined): Node | undefined {
  const expression = bare(node)
  return expression?.type === 'MemberExpression' ? rootOf(child(expression, 'object')) : expression
}

/** The variable of the module, or of another one, that an identifier means. */
function moduleVariable(context: RuleContext, identifier: Node): Variable | undefined {
  const variable = variableOf(context, identifier)
  return variable && isOfModule(variable) ? variable : undefined
}

function isOfModule({ scope, defs }: Variable): boolean {
  const [definition] = defs
  return (
    (scope.type === 'module' || scope.type === 'global') &&
    (definition?.type === 'Variable' || definition?.type === 'ImportBinding')
  )
}

/** Something of an object of the module (a method of the object itself may be anything), or a collection of the module. */
function holdsContainer(context: RuleContext, target: Node): boolean {
  if (target.type === 'MemberExpression')
    return initialOf(context, rootOf(target))?.type === 'ObjectExpression'
  const initial = initialOf(context, target)
  if (initial?.type === 'NewExpression') return containers.has(nameOf(child(initial, 'callee')) ?? '')
  return initial?.type === 'ArrayExpression'
}

function initialOf(context: RuleContext, identifier: Node | undefined): Node | undefined {
  const [definition] = (identifier && moduleVariable(context, identifier)?.defs) ?? []
  return definition?.type === 'Variable' ? bare(child(definition.node, 'init')) : undefined
}

/** Variables of the module that something assigns to after their declaration. */
function changingVariables(context: RuleContext): readonly Variable[] {
  const scopes = context.sourceCode.scopeManager?.scopes ?? []
  return scopes
    .flatMap((scope) => scope.variables)
    .filter((variable) => isOfModule(variable) && variable.defs[0]?.type === 'Variable')
    .filter(({ references }) => references.some((each) => each.isWrite() && each.init !== true))
}
