// Which functions are workflows: those that a type says it of, and those that the same file registers.

import {
  bare,
  child,
  children,
  isFunction,
  nameOf,
  type Node,
  propertyOf,
  type RuleContext,
  walk,
} from './syntax.ts'

/** The workflow function around a node, helpers that take a `WorkflowContext` included; the innermost one. */
export function workflowAround(context: RuleContext, node: Node): Node | undefined {
  const registered = registeredIn(context.sourceCode.ast)
  for (let at = node.parent; at; at = at.parent) {
    if (isFunction(at) && (isTyped(at) || isRegistered(at, registered))) return at
  }
  return undefined
}

/** The parameter that is the workflow context: the one of that type, else the first. */
export function contextParameter(workflow: Node): Node | undefined {
  const parameters = children(workflow, 'params')
  return parameters.find((each) => typeNameOf(each) === 'WorkflowContext') ?? parameters[0]
}

function isTyped(found: Node): boolean {
  if (children(found, 'params').some((each) => typeNameOf(each) === 'WorkflowContext')) return true
  const { parent } = found
  const type = parent?.type === 'VariableDeclarator' ? typeNameOf(child(parent, 'id')) : undefined
  const stated =
    parent?.type === 'TSSatisfiesExpression' ? typeReference(child(parent, 'typeAnnotation')) : undefined
  return [type, stated].some((name) => name === 'TWorkflow' || name === 'WorkflowFunction')
}

function typeNameOf(node: Node | undefined): string | undefined {
  return typeReference(child(child(node, 'typeAnnotation'), 'typeAnnotation'))
}

function typeReference(type: Node | undefined): string | undefined {
  if (type?.type !== 'TSTypeReference') return undefined
  const name = child(type, 'typeName')
  return name?.type === 'TSQualifiedName' ? nameOf(child(name, 'right')) : nameOf(name)
}

interface Registered {
  readonly names: ReadonlySet<string>
  readonly functions: ReadonlySet<Node>
}

const known = new WeakMap<Node, Registered>()

/** What `defineApp({ workflows: { … } })` and `registerWorkflow(…)` name in the file. */
function registeredIn(program: Node): Registered {
  const present = known.get(program)
  if (present) return present
  const names = new Set<string>()
  const functions = new Set<Node>()
  for (const node of walk(program)) {
    if (node.type !== 'CallExpression') continue
    for (const value of workflowsOf(node)) {
      const name = nameOf(value)
      if (name !== undefined) names.add(name)
      else if (isFunction(value)) functions.add(value)
    }
  }
  const registered = { names, functions }
  known.set(program, registered)
  return registered
}

function workflowsOf(call: Node): readonly Node[] {
  const callee = child(call, 'callee')
  const name = callee?.type === 'MemberExpression' ? propertyOf(callee) : nameOf(callee)
  if (name === 'registerWorkflow' || name === 'registerWorkflowWithName') return children(call, 'arguments')
  if (name !== 'defineApp') return []
  const workflows = children(children(call, 'arguments')[0], 'properties')
    .filter((property) => nameOf(child(property, 'key')) === 'workflows')
    .flatMap((property) => children(child(property, 'value'), 'properties'))
  return workflows.flatMap((property) => bare(child(property, 'value')) ?? [])
}

function isRegistered(found: Node, { names, functions }: Registered): boolean {
  if (functions.has(found)) return true
  const declared =
    child(found, 'id') ??
    (found.parent?.type === 'VariableDeclarator' ? child(found.parent, 'id') : undefined)
  const name = nameOf(declared)
  return name !== undefined && names.has(name)
}
