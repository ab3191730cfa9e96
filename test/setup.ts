// Refuses to test on a Node that is not the one of the Lambda runtime.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  throw new Error(
    `Tests need Node 24 or newer, but this is ${process.version} (${process.execPath}). ` +
      'Run them as `npm test` after `npm ci`: the project brings its own Node for linux x64 and arm64. ' +
      'On another platform, install Node 24 yourself.',
  )
}
