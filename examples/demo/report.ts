// What the demo shows: one line a step while it goes, and a table at the end. Plain lines, so it reads the same without a terminal.

import { printable, table } from '../../src/cli/terminal.ts'

export interface Outcome {
  readonly result: string
  readonly ok: boolean
}

export class Report {
  readonly #rows: string[][] = []
  readonly #write: (line: string) => void
  #failed = 0

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  /** Something that happens on the way. */
  say(text: string): void {
    this.#write(`  ${printable(text)}`)
  }

  /** Runs one step and keeps its row; an error is a wrong result like any other. */
  async step(name: string, run: () => Promise<Outcome>): Promise<void> {
    this.#write(name)
    const begin = performance.now()
    const { result, ok } = await run().catch((error: unknown): Outcome => ({
      result: String(error),
      ok: false,
    }))
    const time = `${((performance.now() - begin) / 1000).toFixed(2)} s`
    if (!ok) this.#failed++
    this.say(`${ok ? 'ok' : 'WRONG'}: ${result} (${time})`)
    this.#rows.push([name, printable(result), time, ok ? 'ok' : 'WRONG'])
  }

  /** Prints the table. @returns whether every result was right */
  summarize(): boolean {
    const header = ['workflow', 'result', 'time', '']
    this.#write(`\n${table([header, header.map((title) => '-'.repeat(title.length)), ...this.#rows])}\n`)
    const right = this.#rows.length - this.#failed
    this.#write(`${right} of ${this.#rows.length} results are right.`)
    return this.#failed === 0
  }
}

/** A result that must be exactly this. */
export function expectResult(actual: unknown, expected: unknown): Outcome {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  return got === wanted ? { result: got, ok: true } : { result: `${got}, expected ${wanted}`, ok: false }
}
