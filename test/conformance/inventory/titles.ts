// Which cases the titles of our tests name, read from the sources: they are there whether or not a test was run.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The cases that a title names in its last parentheses: `(Dapr: basic/child, fetch; MJ: whenAll/empty)`. */
export function casesIn(title: string): readonly string[] {
  const [, list = ''] = /\(((?:Dapr|DG|MJ|JS): [^)]*)\)[^()]*$/.exec(title) ?? []
  let source = ''
  return list
    .split(/[;,] /)
    .filter(Boolean)
    .map((part) => {
      const [, named = source, name = part] = /^(Dapr|DG|MJ|JS): (.*)$/.exec(part) ?? []
      source = named
      return `${source}: ${name}`
    })
}

const titles = /(['`])((?:(?!\1).)*\((?:Dapr|DG|MJ|JS): (?:(?!\1).)*\))\1/g

/** The files that name a case, by case. */
export function namedCases(): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, string[]>()
  for (const path of readdirSync('test', { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts') || path.includes('inventory')) continue
    for (const [, , title = ''] of readFileSync(join('test', path), 'utf8').matchAll(titles)) {
      for (const id of casesIn(title)) named.set(id, [...new Set([...(named.get(id) ?? []), path])])
    }
  }
  return named
}
