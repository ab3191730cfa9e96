// What every example of docs/errors.md is made with: a short program that runs into the error, and the text it got.

import { type ErrorCode, isTenutoError } from '../../../src/workflow/errors.ts'
import type { FailureDetails } from '../../../src/workflow/failure.ts'

export interface Example {
  readonly code: string
  readonly message: string
  /** Of the answer, where the error came over HTTP. */
  readonly httpStatus?: number
}

export type Scenario = () => Promise<Example>
export type Scenarios = Readonly<Partial<Record<ErrorCode, Scenario>>>

/** The error that `act` throws. */
export async function thrownBy(act: () => unknown): Promise<Example> {
  try {
    await act()
  } catch (error) {
    if (!isTenutoError(error)) throw error
    return { code: error.code, message: readable(error.message) }
  }
  throw new Error('nothing was thrown')
}

/** The failure of an instance or a task. */
export function failureExample(failure: FailureDetails | undefined): Example {
  if (failure?.code === undefined) throw new Error(`no failure with a code: ${JSON.stringify(failure)}`)
  return { code: failure.code, message: readable(failure.message) }
}

/** The body of an error answer. */
export function answerExample(httpStatus: number, body: string): Example {
  const { errorCode, message } = JSON.parse(body) as Readonly<Record<string, string>>
  return { code: errorCode ?? '', message: readable(message ?? ''), httpStatus }
}

/** The same text on every machine and at every run: places in files, folders, process ids and random ids are replaced. */
function readable(message: string): string {
  return message
    .replaceAll(/(?:file:\/\/)?\/[^\s()]*\.ts:\d+:\d+/g, 'app.ts:12:9')
    .replaceAll(/\/[^\s:']*\/tenuto-docs-[^\s:'/]*/g, '/srv/tenuto')
    .replaceAll(/\bprocess \d+/g, 'process 4711')
    .replaceAll(/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/g, '0f8fad5b-d9cb-469f-a165-70867728950e')
}
