// House style that the linter does not know, as a table: what must not be written, where, and why.

import { expect, test } from 'vitest'
import { sourceFiles } from './source-files.ts'

interface Ban {
  readonly title: string
  readonly pattern: RegExp
  readonly folders: readonly string[]
  readonly except?: readonly string[]
}

const everywhere = ['src', 'examples', 'handlers', 'scripts', 'test']
const self = 'test/tidy/style.test.ts'

const bans: readonly Ban[] = [
  {
    title: 'no test is skipped, left for later or run alone',
    pattern: /\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:only|skip|todo)\b/,
    folders: ['test', 'src', 'examples'],
  },
  {
    title: 'time and chance enter the engine and the runtime through a port, not through a global',
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(?:Timeout|Interval|Immediate)\(/,
    folders: ['src/engine', 'src/runtime'],
    except: ['src/engine/window.ts'],
  },
  { title: 'no default exports', pattern: /^export default\b/, folders: everywhere },
  { title: 'no enums', pattern: /^\s*(?:export |declare |const )*enum\s+\w/, folders: everywhere },
  {
    title: 'built-in modules are imported by their node: name',
    pattern:
      /from '(?:assert|child_process|crypto|events|fs|http|https|net|os|path|process|stream|timers|url|util|zlib)(?:\/\w+)?'/,
    folders: everywhere,
  },
  {
    title: 'an exception from the linter or the compiler carries its reason',
    pattern: /(?:ox|es)lint-disable(?!.* -- \w)|@ts-expect-error\s*$|@ts-ignore|@ts-nocheck/,
    folders: everywhere,
  },
]

test.each(bans)('$title', ({ pattern, folders, except = [] }) => {
  const found = sourceFiles(...folders)
    .filter(({ path }) => path !== self && !except.includes(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])),
    )
  expect(found).toEqual([])
})
