// Accepts instances without end, in parallel, and says each once it is accepted, or the code of the error
// once it is refused.

import { rowOf } from '../../conformance/samples.ts'
import { openFolder, say } from './program.ts'

const { store } = (await openFolder()).ports
let next = 0

async function write(): Promise<never> {
  for (;;) {
    const instanceId = `i${next++}`
    try {
      await store.createInstance(rowOf({ instanceId, incarnation: 'life' }, { input: 'x'.repeat(2_000) }))
      say(instanceId)
    } catch (error) {
      say(`refused ${String((error as { code?: unknown }).code)}`)
    }
  }
}

await Promise.all(Array.from({ length: 8 }, write))
