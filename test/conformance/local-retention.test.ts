// The embedded backend on a clock that the test moves.

import { setImmediate } from 'node:timers/promises'
import { manualClock } from '../local/manual-clock.ts'
import { localHosts } from './local-host.ts'
import { describeRetention } from './retention.suite.ts'
import type { OpenHost } from './test-host.ts'

describeRetention(
  'SQLite',
  (retention): OpenHost =>
    async (app, logger, tracer) => {
      const clock = manualClock()
      const host = await localHosts(':memory:', { clock, retention })(app, logger, tracer)
      return {
        ...host,
        async later(ms) {
          // What looks now and then is only woken once it sleeps.
          await host.idle()
          await setImmediate()
          clock.jump(ms)
          await clock.advance(0)
          for (let turn = 0; turn < 20; turn++) await setImmediate()
          await host.idle()
        },
      }
    },
  15 * 60_000,
)
