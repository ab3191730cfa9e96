// The backend in memory: what is over is not seen from its time on.

import { memoryHosts } from './memory-host.ts'
import { describeRetention } from './retention.suite.ts'

// The time of a history may run ahead of the clock by a millisecond for each episode, and in its last one an instance is still seen.
describeRetention('memory', (retention) => memoryHosts({}, {}, retention), 10)
