// The roles of a template as plain rows: who may do what to what.

import type { Template } from '../../scripts/bundle/template.ts'

export interface Permission {
  /** Name of the role, without `Role`. */
  readonly who: string
  readonly action: string
  /** The logical name of a resource of the template, with what follows it in the ARN. */
  readonly resource: string
  readonly condition?: unknown
}

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}

export function permissionsIn({ Resources: resources }: Template): readonly Permission[] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
    .flatMap(([name, { Properties = {} }]) => {
      const { Policies } = Properties as {
        Policies: { PolicyDocument: { Statement: readonly Statement[] } }[]
      }
      const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      return statements.flatMap((statement) => permissionsOf(name.replace(/Role$/, ''), statement))
    })
}

/** Who may take a role on, and under which condition. */
export function trustIn({ Resources: resources }: Template): Readonly<Record<string, unknown>> {
  const roles = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role')
  return Object.fromEntries(
    roles.map(([name, { Properties = {} }]) => {
      const { Statement: statements } = Properties['AssumeRolePolicyDocument'] as { Statement: unknown[] }
      return [name.replace(/Role$/, ''), statements]
    }),
  )
}

function permissionsOf(
  who: string,
  { Effect, Action, Resource, Condition }: Statement,
): readonly Permission[] {
  if (Effect !== 'Allow') throw new Error(`A statement of ${who} does not allow, but ${Effect}.`)
  return [Action].flat().flatMap((action) =>
    [Resource].flat().map((resource) => ({
      who,
      action: String(action),
      resource: nameOf(resource),
      ...(Condition !== undefined && { condition: Condition }),
    })),
  )
}

function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource
  const { 'Fn::GetAtt': attribute, 'Fn::Sub': text } = resource as {
    readonly 'Fn::GetAtt'?: readonly [string, string]
    readonly 'Fn::Sub'?: string
  }
  if (attribute?.[1] === 'Arn') return attribute[0]
  if (text === undefined) throw new Error(`No ARN that is known here: ${JSON.stringify(resource)}`)
  return text
    .replace(/^arn:\$\{AWS::Partition\}:scheduler:\$\{AWS::Region\}:\$\{AWS::AccountId\}:schedule\//, '')
    .replace(/\$\{(\w+)(?:\.Arn)?\}/, '$1')
}
