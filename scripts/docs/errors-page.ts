// docs/errors.md: where a code shows and what to do about it is written by hand; what happened, an example and the HTTP status come from
// the catalogue and from programs that run into the error.

import { errorCatalogue } from '../../src/workflow/error-catalogue.ts'
import type { ErrorCode } from '../../src/workflow/errors.ts'
import type { Example, Scenarios } from './examples/scenario.ts'

export type Examples = Readonly<Record<string, Example>>

/** Runs every example, one after the other: some need a clock or a port of their own. */
export async function runExamples(scenarios: Scenarios): Promise<Examples> {
  const examples: Record<string, Example> = {}
  for (const [code, scenario] of Object.entries(scenarios)) examples[code] = await scenario()
  return examples
}

/** The codes that have a heading, in order. */
export function codesOf(page: string): readonly string[] {
  return [...page.matchAll(/^## ([A-Z\d_]+)$/gm)].map(([, code = '']) => code)
}

/** The page with everything between a heading and its `- **Where:**` made anew. */
export function refresh(page: string, examples: Examples): string {
  return page.replaceAll(/^## ([A-Z\d_]+)\n.*?(?=^- \*\*Where:\*\*)/gms, (section, code: string) =>
    isErrorCode(code) ? headOf(code, examples[code]) : section,
  )
}

function headOf(code: ErrorCode, example: Example | undefined): string {
  const { summary, http }: { summary: string; http?: number } = errorCatalogue[code]
  const block = example ? `\`\`\`text\n${example.message}\n\`\`\`\n\n` : ''
  const status = http === undefined ? '' : `- **HTTP:** ${http}\n`
  return `## ${code}\n\n${summary}\n\n${block}${status}`
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCatalogue, text)
}
