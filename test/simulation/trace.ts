// What happened in a world, line by line: every call of a port with its host, its time and its arguments in short.

/** Hears of something that happened, with what belongs to it. */
export type Trace = (who: string, what: string, detail?: unknown) => void

/** Left out of what is shown: long, and never what one looks for. */
const silent = new Set(['input', 'output', 'v', 'startDigest', 'unreadEvents'])
const longest = 700

/** Keeps the newest lines. @param now ms since the world began */
export function keepLines(
  now: () => number,
  most: number,
): { readonly trace: Trace; readonly lines: string[] } {
  const lines: string[] = []
  return {
    lines,
    trace(who, what, detail) {
      lines.push(
        `${(now() / 1000).toFixed(3).padStart(10)} ${who.padEnd(4)} ${what} ${inShort(detail)}`.trimEnd(),
      )
      if (lines.length > most) lines.shift()
    },
  }
}

function inShort(detail: unknown): string {
  if (detail === undefined) return ''
  const text = JSON.stringify(detail, (key, value: unknown) => (silent.has(key) ? undefined : value)) ?? ''
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
