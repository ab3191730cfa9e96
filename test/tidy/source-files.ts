// The sources as the tidy tests see them: path, text, and the modules each file imports.

import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** All TypeScript files below the folders that exist, in a stable order. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => filesBelow(folder))
    .filter((path) => path.endsWith('.ts'))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

/** What a file imports or re-exports: a path from the root for a relative import, else the specifier. */
export function importsOf({ path, text }: SourceFile): readonly string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'([^']+)'/g)].map(([, found = '']) => found)
  return specifiers.map((name) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name))
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => posix.join(folder, name))
  } catch {
    return [] // not written yet
  }
}
