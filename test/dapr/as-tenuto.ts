// Loaded before a program that is written for Dapr: its one import specifier leads to Tenuto instead.

import { registerHooks } from 'node:module'

const tenuto = new URL('../../src/dapr/index.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@dapr/dapr' ? { url: tenuto, shortCircuit: true } : next(specifier, context),
})
