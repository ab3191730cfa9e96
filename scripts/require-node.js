// Preloaded by `npm start` and its like: says what is wrong where an older Node would stumble over TypeScript.
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(
    `Node 24 or newer is needed, but this is ${process.version} (${process.execPath}).\n` +
      'Run `npm ci` first: the project brings its own Node for linux x64 and arm64. Elsewhere, install Node 24.',
  )
  // oxlint-disable-next-line unicorn/no-process-exit -- nothing after this line could run
  process.exit(1)
}
