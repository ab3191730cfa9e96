// The little of an ESTree and of a rule's surroundings that our rules touch. ESLint and oxlint give the same.

/** A node of the syntax tree; its members are read by name. */
export interface Node {
  readonly type: string
  readonly parent?: Node | null
  readonly [member: string]: unknown
}

interface Definition {
  /** `Variable`, `ImportBinding`, `FunctionName`, `Parameter` … */
  readonly type: string
  readonly node: Node
  readonly parent?: Node | null
}

interface Reference {
  readonly identifier: Node
  readonly init?: boolean | null
  isRead(): boolean
  isWrite(): boolean
}

export interface Variable {
  readonly name: string
  readonly defs: readonly Definition[]
  readonly references: readonly Reference[]
  readonly scope: Scope
}

interface Scope {
  readonly type: string
  readonly upper: Scope | null
  readonly set: ReadonlyMap<string, Variable>
  readonly variables: readonly Variable[]
}

export interface RuleContext {
  readonly sourceCode: {
    readonly ast: Node
    readonly scopeManager: { readonly scopes: readonly Scope[] } | null
    getScope(node: Node): Scope
  }
  report(problem: {
    readonly node: Node
    readonly messageId: string
    readonly data?: Readonly<Record<string, string>>
  }): void
}

export type Visitor = Readonly<Record<string, (node: Node) => void>>

export interface Rule {
  readonly meta: {
    readonly type: 'problem'
    readonly docs: { readonly description: string }
    readonly messages: Readonly<Record<string, string>>
    readonly schema: readonly never[]
  }
  create(context: RuleContext): Visitor
}

export function defineRule(
  description: string,
  messages: Readonly<Record<string, string>>,
  create: (context: RuleContext) => Visitor,
): Rule {
  return { meta: { type: 'problem', docs: { description }, messages, schema: [] }, create }
}

/** A member that is a node. */
export function child(node: Node | undefined, member: string): Node | undefined {
  const value = node?.[member]
  return isNode(value) ? value : undefined
}

/** A member that is a list of nodes; holes are left out. */
export function children(node: Node | undefined, member: string): readonly Node[] {
  const value = node?.[member]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The name of an identifier; undefined for any other node. */
export function nameOf(node: Node | undefined): string | undefined {
  return node?.type === 'Identifier' ? String(node['name']) : undefined
}

/** The property that a member expression names; undefined when it is computed. */
export function propertyOf(node: Node): string | undefined {
  const property = child(node, 'property')
  if (node['computed'] !== true) return nameOf(property)
  const value = property?.type === 'Literal' ? property['value'] : undefined
  return typeof value === 'string' ? value : undefined
}

/** Without what changes nothing: parentheses of `?.`, and the words of TypeScript. */
export function bare(node: Node | undefined): Node | undefined {
  const wrappers = ['ChainExpression', 'TSNonNullExpression', 'TSAsExpression', 'TSSatisfiesExpression']
  return node && wrappers.includes(node.type) ? bare(child(node, 'expression')) : node
}

export function isFunction({ type }: Node): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type)
}

/** Every node below, the node itself included. */
export function* walk(node: Node): Generator<Node> {
  yield node
  for (const [member, value] of Object.entries(node)) {
    if (member === 'parent') continue
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(each)) yield* walk(each)
  }
}

/** The variable that an identifier means; undefined for a global of the platform. */
export function variableOf({ sourceCode }: RuleContext, identifier: Node): Variable | undefined {
  const name = nameOf(identifier)
  if (name === undefined) return undefined
  for (let scope: Scope | null = sourceCode.getScope(identifier); scope; scope = scope.upper) {
    const variable = scope.set.get(name)
    if (variable) return variable.defs.length > 0 ? variable : undefined
  }
  return undefined
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}
