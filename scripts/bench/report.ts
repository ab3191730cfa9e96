// What is printed: a table for people, or JSON.

import { availableParallelism, cpus, totalmem } from 'node:os'
import { version } from '../../src/cli/version.ts'
import type { Check, Figure, Findings, Sample } from './figures.ts'
import type { Sizes } from './sizes.ts'

/** What was measured, when and on what. */
interface Head {
  readonly tenuto: string
  readonly node: string
  readonly date: string
  readonly machine: string
}

export interface Report extends Head, Findings {
  /** What the words of the report mean. */
  readonly notes: Readonly<Record<string, string>>
  readonly sizes: Sizes
  readonly holds: boolean
}

const notes = {
  memory:
    'the production engine and runtime on the plain maps of src/testing/, whose clock stands still and whose queue delivers at once',
  sqlite:
    'the embedded backend as it ships (WAL, synchronous=FULL, group commit), in a temporary folder on the disk',
  engine: 'replay alone: no store, no queue',
  floor:
    'a bare loop that runs the same activities and makes the same records as durable, one fsync a commit, grouped as the engine groups them',
  'in parentheses': 'the lowest and the highest of the rounds; before them the median',
} as const

export function reportOf(sizes: Sizes, { figures, checks }: Findings): Report {
  return {
    ...head(),
    notes,
    sizes,
    figures,
    checks,
    holds: checks.every(({ holds }) => holds),
  }
}

function head(): Head {
  const memoryGB = Math.round(totalmem() / 2 ** 30)
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return {
    tenuto: version(),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} x ${model}, ${memoryGB} GB, ${process.platform} ${process.arch}`,
  }
}

export function headLines(): readonly string[] {
  const { tenuto, node, date, machine } = head()
  return [`Tenuto ${tenuto}, Node ${node}, ${date}`, machine]
}

export function noteLines(): readonly string[] {
  return Object.entries(notes).map(([word, meaning]) => `${word}: ${meaning}`)
}

const widths = [2, 46, 8, 17, 28, 28]

export const tableHead = columns(['', 'figure', 'where', 'unit', 'engine', 'floor', 'times floor'])

export function figureLine({ letter, name, place, unit, engine, floor, timesFloor }: Figure): string {
  const below = floor ? sampleText(floor) : '-'
  return columns([letter, name, place, unit, sampleText(engine), below, timesFloor?.toFixed(1) ?? '-'])
}

function columns(texts: readonly string[]): string {
  return texts.map((text, at) => text.padEnd(widths[at] ?? 0)).join('')
}

export function checkLine({ letter, place, property, required, actual, holds }: Check): string {
  return `${holds ? 'holds' : 'FAILS'}  ${letter}  ${place.padEnd(8)}${property}: ${actual} (required: ${required})`
}

function sampleText({ median, min, max }: Sample): string {
  return `${numberText(median)} (${numberText(min)}..${numberText(max)})`
}

/** Three digits that count, or all before the point. */
function numberText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value)
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(digits, 4))
}
