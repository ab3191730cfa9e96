// The template as a whole: it can be built, and every name in it means something.

import { beforeAll, describe, expect, test } from 'vitest'
import type { Template } from '../../scripts/bundle/template.ts'
import { objectsIn, referencesIn, Resources } from '../../scripts/stack/resources.ts'
import { knownProperties } from './known-properties.ts'
import { packagedService } from './packaged.ts'

let template: Template
let resources: Resources

beforeAll(async () => {
  ;({ template } = await packagedService())
  resources = new Resources(template)
})

const pseudo = ['AWS::AccountId', 'AWS::Partition', 'AWS::Region', 'AWS::StackName', 'AWS::URLSuffix']

describe('the template', () => {
  test('refers to nothing that is not in it', () => {
    const names = new Set([...Object.keys(resources.all), ...pseudo])
    expect(referencesIn([resources.all, template.Outputs]).filter((name) => !names.has(name))).toEqual([])
    const awaited = Object.values(resources.all).flatMap(({ DependsOn = [] }) => DependsOn)
    expect(awaited.filter((name) => !names.has(name))).toEqual([])
  })

  test('uses no function of CloudFormation but those that are checked here', () => {
    const used = objectsIn(template).flatMap((each) =>
      Object.keys(each).filter((key) => key.startsWith('Fn::')),
    )
    expect(new Set(used)).toEqual(new Set(['Fn::GetAtt', 'Fn::Sub', 'Fn::Join']))
  })

  test('has no leftovers of the variables that it was made with', () => {
    expect(JSON.stringify(template)).not.toMatch(/\$\{(?:self|opt|param|sls|file):/)
    expect(JSON.stringify(template)).not.toMatch(/"(?:undefined|null|\[object Object\])"/)
  })

  test('can be built: nothing waits for itself', () => {
    const waits = new Map(
      Object.entries(resources.all).map(([name, { Properties, DependsOn = [] }]) => {
        const awaited = [...referencesIn(Properties), ...[DependsOn].flat()]
        return [name, new Set(awaited.filter((each) => Object.hasOwn(resources.all, each)))]
      }),
    )
    for (let ready = ['']; ready.length > 0;) {
      ready = [...waits].flatMap(([name, awaited]) => (awaited.size === 0 ? [name] : []))
      for (const name of ready) waits.delete(name)
      for (const awaited of waits.values()) for (const name of ready) awaited.delete(name)
    }
    expect([...waits.keys()]).toEqual([])
  })

  test('names only properties that its types have', () => {
    const unknown = Object.entries(resources.all).flatMap(([name, { Type, Properties = {} }]) => {
      const known = knownProperties[Type]
      if (!known) return [`${name} is of type ${Type}, which is not in the list`]
      return Object.keys(Properties)
        .filter((property) => !known.includes(property))
        .map((property) => `${name}.${property}`)
    })
    expect(unknown).toEqual([])
  })

  test('asks only for attributes that its types have', () => {
    const attributes: Readonly<Record<string, RegExp>> = {
      'AWS::SQS::Queue': /^(?:Arn|QueueName|QueueUrl)$/,
      'AWS::DynamoDB::Table': /^(?:Arn|StreamArn)$/,
    }
    const asked = objectsIn([resources.all, template.Outputs]).flatMap((each) => {
      const { 'Fn::GetAtt': attribute, 'Fn::Sub': text } = each
      const substituted = typeof text === 'string' ? [...text.matchAll(/\$\{(\w+)\.(\w+)\}/g)] : []
      return [
        ...(Array.isArray(attribute) ? [attribute as [string, string]] : []),
        ...substituted.map(([, name = '', of = '']): [string, string] => [name, of]),
      ]
    })
    const wrong = asked.filter(([name, of]) => {
      const type = resources.all[name]?.Type ?? ''
      return !(attributes[type] ?? /^Arn$/).test(of)
    })
    expect(asked.length).toBeGreaterThan(50)
    expect(wrong).toEqual([])
  })

  test('stays below the limits of CloudFormation', () => {
    expect(Object.keys(resources.all).length).toBeLessThan(500)
    expect(JSON.stringify(template).length).toBeLessThan(1_000_000)
    for (const name of Object.keys(resources.all)) expect(name).toMatch(/^[a-zA-Z0-9]{1,255}$/)
  })
})
