// What the references of a template stand for: Ref, GetAtt, Sub and Join, of the resources that there are here.

export interface Name {
  readonly Ref: string
  readonly Arn: string
}

export type Names = ReadonlyMap<string, Name>

/** The one account and region of the stand-ins. */
export const place = { region: 'us-east-1', accountId: '123456789012' } as const

/** What a template may refer to without having it. */
export const pseudoParameters: readonly (readonly [string, Name])[] = Object.entries({
  'AWS::Region': place.region,
  'AWS::AccountId': place.accountId,
  'AWS::Partition': 'aws',
}).map(([name, value]) => [name, { Ref: value, Arn: value }])

/** @throws for a reference to what is not there */
export function resolveNames<T>(value: T, names: Names): T {
  return replace(value, names) as T
}

function replace(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) return value.map((each) => replace(each, names))
  if (typeof value !== 'object' || value === null) return value
  const [[key, operand] = ['', undefined], another] = Object.entries(value)
  if (another === undefined) {
    if (key === 'Ref') return nameOf(operand, names).Ref
    if (key === 'Fn::GetAtt') return attributeOf(operand, names)
    if (key === 'Fn::Join') return join(replace(operand, names))
    if (key === 'Fn::Sub' && typeof operand === 'string') return substitute(operand, names)
    if (key.startsWith('Fn::')) throw new Error(`${key} is not known here: ${JSON.stringify(value)}`)
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, replace(each, names)]))
}

function nameOf(name: unknown, names: Names): Name {
  const found = names.get(String(name))
  if (found) return found
  throw new Error(`The template refers to ${String(name)}, which is not there on this machine.`)
}

function attributeOf(operand: unknown, names: Names): string {
  const [name, attribute] = operand as readonly [string, string]
  if (attribute === 'Arn') return nameOf(name, names).Arn
  if (attribute === 'QueueName') return nameOf(name, names).Arn.split(':').at(-1) ?? ''
  throw new Error(`The template refers to ${name}.${attribute}, which is not there on this machine.`)
}

function join(operand: unknown): string {
  const [separator, parts] = operand as readonly [string, readonly string[]]
  return parts.join(separator)
}

function substitute(text: string, names: Names): string {
  return text.replaceAll(/\$\{([^!}][^}]*)\}/g, (_, path: string) => {
    const [name = '', attribute] = path.split('.')
    return attribute === undefined ? nameOf(name, names).Ref : attributeOf([name, attribute], names)
  })
}
