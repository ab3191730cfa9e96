import { defineConfig } from 'vitest/config'
import './scripts/require-node.js'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    // Processes, not threads: the engine patches globals and is to be tested where it runs, on a main thread.
    pool: 'forks',
    // Files share their worker: ten times faster, and a file that leaks state into the next is a bug to find.
    isolate: false,
    maxWorkers: '100%',
    // For what hangs, on the slowest machine; no test looks at the time that it takes.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    passWithNoTests: true,
  },
})
