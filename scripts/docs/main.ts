// Makes the examples of docs/errors.md anew: node scripts/docs/main.ts

import { readFileSync, writeFileSync } from 'node:fs'
import { refresh, runExamples } from './errors-page.ts'
import { scenarios } from './examples/all.ts'

const path = new URL('../../docs/errors.md', import.meta.url)
const page = readFileSync(path, 'utf8')
const refreshed = refresh(page, await runExamples(scenarios))
if (refreshed !== page) writeFileSync(path, refreshed)
console.log(refreshed === page ? 'docs/errors.md is up to date' : 'docs/errors.md has been changed')
