// What the tests of the documents read in them: tables and links.

/** The rows of all tables, cell by cell, without heads and rulers. */
export function tableRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n')
  return lines
    .filter((line, at) => line.startsWith('|') && !isRuler(line) && !isRuler(lines[at + 1] ?? ''))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

/** Rows whose first cell is code, by that code. */
export function rowsByName(markdown: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    tableRows(markdown).flatMap(([name = '', ...cells]) => {
      const [, code] = /^`([^`]+)`$/.exec(name) ?? []
      return code === undefined ? [] : [[code, cells] as const]
    }),
  )
}

function isRuler(line: string): boolean {
  return /^\|(?: ?:?-+:? ?\|)+$/.test(line)
}
