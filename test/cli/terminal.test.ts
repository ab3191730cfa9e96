import { expect, test } from 'vitest'
import { printable, table } from '../../src/cli/terminal.ts'

test('ordinary text, in any script, is printed as it is', () => {
  const text = 'Zwölf Boxkämpfer – 速い茶色の狐 – سريع – 👩‍🚀 \\n'
  expect(printable(text)).toBe(text)
})

test('JSON stays JSON with the same value', () => {
  const value = { text: 'a\u0000\u001B\u009B\u202E\u2028\uFEFFz', nested: ['\n'] }
  const shown = printable(JSON.stringify(value))
  expect(JSON.parse(shown)).toEqual(value)
  expect(shown).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\uFEFF]/u)
})

test('a table has columns as wide as their widest cell', () => {
  const text = table([
    ['a', 'bb', 'c'],
    ['aaaa', 'b', ''],
  ])
  expect(text).toBe('a     bb  c\naaaa  b')
})
