// The line of source behind a frame of a stack.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface SourceLine {
  /** Path on this machine. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** Without the white space around it; absent when the file cannot be read. */
  readonly text?: string
}

/** @param frame such as `at order (file:///srv/app.ts:12:9)` */
export function sourceLineOf(frame: string): SourceLine | undefined {
  const [, place = '', line, column] = /^at (?:.* \()?(.+?):(\d+):(\d+)\)?$/.exec(frame) ?? []
  if (place === '') return undefined
  const file = place.startsWith('file://') ? fileURLToPath(place) : place
  const text = textOf(file, Number(line))
  return { file, line: Number(line), column: Number(column), ...(text !== undefined && { text }) }
}

function textOf(file: string, line: number): string | undefined {
  try {
    return readFileSync(file, 'utf8').split('\n')[line - 1]?.trim()
  } catch {
    return undefined
  }
}
