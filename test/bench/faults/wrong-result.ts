// Preloaded into the benchmark: a store in memory that changes the results of activities on their way through the inbox.

import { MemoryStore } from '../../../src/testing/memory-store.ts'

// oxlint-disable-next-line typescript/unbound-method -- it is called with its store
const { putOutcomes } = MemoryStore.prototype

MemoryStore.prototype.putOutcomes = async function putWrong(key, rows) {
  const wrong = rows.map((row) => ({ ...row, event: { ...row.event, output: '0' } }))
  return putOutcomes.call(this, key, wrong)
}
