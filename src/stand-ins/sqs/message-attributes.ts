// Attributes that a sender gives a message: their rules, their size, and the digest that both ends compare.

import { createHash } from 'node:crypto'
import { invalid, sqsError } from './errors.ts'
import { limits } from './limits.ts'

/** As on the wire: bytes are in base64. */
/** @public named in declarations */
export interface AttributeValue {
  readonly DataType: string
  readonly StringValue?: string
  readonly BinaryValue?: string
}

export type MessageAttributes = Readonly<Record<string, AttributeValue>>

/** @throws `InvalidParameterValue`. */
export function checkMessageAttributes(attributes: MessageAttributes): void {
  checkCount(attributes)
  checkEach(attributes)
}

/** The rules of each attribute by itself, which topics have too. @throws `InvalidParameterValue`. */
export function checkEach(attributes: MessageAttributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!/^(?!aws\.|amazon\.|\.)(?!.*\.\.)[\w.-]{1,256}$(?<!\.)/i.test(name)) {
      throw invalid(name, 'MessageAttributeName', 'The message attribute name is not valid.')
    }
    checkValue(name, value)
  }
}

/** UTF-8 bytes of names, types and values: they count as the body does. */
export function attributesBytes(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType: type, StringValue: text = '', BinaryValue: bytes = '' }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(type) +
      Buffer.byteLength(text) +
      Buffer.byteLength(bytes, 'base64'),
    0,
  )
}

/** The attributes that a receiver asks for: by name, by prefix (`order.*`), or `All`. */
export function selectAttributes(
  attributes: MessageAttributes,
  wanted: readonly string[] = [],
): MessageAttributes {
  const isWanted = (name: string): boolean =>
    wanted.some(
      (each) =>
        each === 'All' || each === name || (each.endsWith('.*') && name.startsWith(each.slice(0, -2))),
    )
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name)))
}

/** MD5 over the attributes in the order of their names, as the developer guide lays it down; undefined when there are none. */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).toSorted()
  if (names.length === 0) return undefined
  const hash = createHash('md5')
  const update = (bytes: Buffer): void => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const name of names) {
    const { DataType: type = '', StringValue: text, BinaryValue: bytes = '' } = attributes[name] ?? {}
    update(Buffer.from(name))
    update(Buffer.from(type))
    hash.update(Buffer.from([text === undefined ? 2 : 1]))
    update(text === undefined ? Buffer.from(bytes, 'base64') : Buffer.from(text))
  }
  return hash.digest('hex')
}

function checkValue(name: string, { DataType: type, StringValue: text, BinaryValue: bytes }: AttributeValue) {
  const kind = /^(String|Number|Binary)(?:\..+)?$/.exec(type)?.[1]
  if (kind === undefined) {
    throw sqsError(
      'InvalidParameterValueException',
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    )
  }
  const content = kind === 'Binary' ? bytes : text
  if (content === undefined || content === '') {
    throw sqsError(
      'InvalidParameterValueException',
      `Message (user) attribute '${name}' must contain a non-empty value of type '${kind}'.`,
    )
  }
  if (kind === 'Number' && !Number.isFinite(Number(content))) {
    throw sqsError(
      'InvalidParameterValueException',
      `Could not cast message (user) attribute '${name}' value to number.`,
    )
  }
}

function checkCount(attributes: MessageAttributes): void {
  const names = Object.keys(attributes)
  if (names.length > limits.messageAttributes) {
    throw sqsError(
      'InvalidParameterValueException',
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${limits.messageAttributes}].`,
    )
  }
}
