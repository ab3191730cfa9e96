// An ESM `import` of node:http makes Node build the list of all its exports, and with it load undici for those that are WebSocket and the
// like: some 40 ms of CPU in every cold start. `process.getBuiltinModule` gives the same module and loads nothing besides.

import type { Plugin } from 'esbuild'

const slowModules = /^(?:node:)?(?:http|https|http2)$/

export const builtinModules: Plugin = {
  name: 'builtin-modules',
  setup(build) {
    build.onResolve({ filter: slowModules }, ({ path }) => ({
      path: `node:${path.replace(/^node:/, '')}`,
      namespace: 'builtin-modules',
    }))
    build.onLoad({ filter: /.*/, namespace: 'builtin-modules' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      loader: 'js',
    }))
  },
}
