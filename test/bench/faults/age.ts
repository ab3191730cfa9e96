// Preloaded into the benchmark: a store in memory that reads the more slowly the longer a history is, as if it read all of it.

import { MemoryStore } from '../../../src/testing/memory-store.ts'

// oxlint-disable-next-line typescript/unbound-method -- it is called with its store
const { read } = MemoryStore.prototype

MemoryStore.prototype.read = async function slowRead(key, after = 0) {
  const end = performance.now() + after / 100
  while (performance.now() < end);
  return read.call(this, key, after)
}
