// The resources of a packaged template, as tests look at them.

import type { Template } from '../bundle/template.ts'

export type Properties = Readonly<Record<string, unknown>>

export class Resources {
  readonly all: Template['Resources']

  constructor({ Resources: all }: Template) {
    this.all = all
  }

  /** Names and properties of all resources of a type. */
  ofType(type: string): readonly (readonly [name: string, Properties])[] {
    return Object.entries(this.all)
      .filter(([, { Type }]) => Type === type)
      .map(([name, { Properties: properties = {} }]) => [name, properties])
  }

  properties(name: string): Properties {
    const resource = this.all[name]
    if (!resource) throw new Error(`The template has no ${name}.`)
    return resource.Properties ?? {}
  }

  /** What a function finds in its environment. */
  variables(functionName: string): Properties {
    return part<{ Variables: Properties }>(this.properties(functionName), 'Environment').Variables
  }
}

/** One property, of the shape that the caller knows. */
export function part<T>(properties: Properties, name: string): T {
  if (!Object.hasOwn(properties, name))
    throw new Error(`There is no ${name} in ${JSON.stringify(properties)}`)
  return properties[name] as T
}

/** Every object inside a value, the value included. */
export function objectsIn(value: unknown): readonly Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)]
}

/** Logical names that a value refers to, by Ref, GetAtt or Sub. */
export function referencesIn(value: unknown): readonly string[] {
  return objectsIn(value).flatMap((each) => {
    const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = each
    const substituted =
      typeof text === 'string' ? [...text.matchAll(/\$\{([^}!]+)\}/g)].map(([, name]) => name) : []
    const names = [ref, Array.isArray(attribute) ? (attribute as unknown[])[0] : undefined, ...substituted]
    return names.flatMap((name) => (typeof name === 'string' ? [name.split('.')[0] ?? ''] : []))
  })
}
