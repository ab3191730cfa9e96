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

/** Relative targets of links. */
export function linksOf(markdown: string): readonly string[] {
  const inline = [...markdown.matchAll(/\]\(([^)\s]+)\)/g), ...markdown.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)]
  return inline.map(([, target = '']) => target).filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target))
}

/** The headings as they are linked to. */
export function headingsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Without code that belongs to the reader's project; commands stay. */
export function withoutExamples(markdown: string): string {
  return markdown.replaceAll(/^```(?!sh|bash|console)\w*\n.*?^```$/gms, '')
}
