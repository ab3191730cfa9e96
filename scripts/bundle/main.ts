// `npm run bundle`: builds the functions, and prints what each weighs and what it costs to load. `-- --parts`: what the weight is made of.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { type Bundle, buildBundles } from './build.ts'
import { exampleEnvironment } from './environment.ts'
import { importCost } from './import-cost.ts'

const bundles = await buildBundles('bundles')
console.log('function        KB   gzip  CPU ms to import')
for (const bundle of bundles) console.log(line(bundle))

function line({ name, path, bytes, parts }: Bundle): string {
  const gzip = gzipSync(readFileSync(path)).byteLength
  const { cpuMs } = importCost(path, exampleEnvironment)
  const row = `${name.padEnd(13)}${kb(bytes)}${kb(gzip)}${cpuMs.toFixed(0).padStart(7)}`
  if (!process.argv.includes('--parts')) return row
  const largest = [...parts].toSorted(([, a], [, b]) => b - a).filter(([, size]) => size >= 1024)
  return [row, ...largest.map(([part, size]) => `  ${part.padEnd(36)}${kb(size)}`)].join('\n')
}

function kb(bytes: number): string {
  return (bytes / 1024).toFixed(0).padStart(6)
}
