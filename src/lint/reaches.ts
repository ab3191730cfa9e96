// What an expression reaches outside the workflow: a global, or something of a module, as one text to look up.

import { bare, child, nameOf, type Node, propertyOf, type RuleContext, variableOf } from './syntax.ts'

/**
 * `Date.now` for a global, `crypto:randomBytes` for something imported from `node:crypto`, by whatever way; undefined for what the file
 * itself declares.
 */
export function reached(context: RuleContext, node: Node | undefined): string | undefined {
  const expression = bare(node)
  if (expression?.type === 'MemberExpression') {
    const property = propertyOf(expression)
    const base = property === undefined ? undefined : reached(context, child(expression, 'object'))
    if (base === undefined) return undefined
    if (base === 'globalThis') return property
    return base.endsWith(':') ? `${base}${property}` : `${base}.${property}`
  }
  if (expression?.type !== 'Identifier') return undefined
  const variable = variableOf(context, expression)
  if (!variable) return nameOf(expression)
  const [definition] = variable.defs
  if (definition?.type !== 'ImportBinding') return undefined
  const source = child(definition.parent ?? undefined, 'source')?.['value']
  if (typeof source !== 'string') return undefined
  const specifier = definition.node
  const imported = specifier.type === 'ImportSpecifier' ? importedName(specifier) : ''
  return `${source.replace(/^node:/, '')}:${imported === 'default' ? '' : imported}`
}

/** The module of something that was imported. */
export function moduleOf(what: string): string | undefined {
  const at = what.indexOf(':')
  return at < 0 ? undefined : what.slice(0, at)
}

/** As a message shows it: `randomBytes`, `Date.now`. */
export function shown(what: string): string {
  const module = moduleOf(what)
  return module === undefined ? what : what.slice(module.length + 1) || module
}

function importedName(specifier: Node): string {
  const imported = child(specifier, 'imported')
  const quoted = imported?.['value']
  return nameOf(imported) ?? (typeof quoted === 'string' ? quoted : '')
}
