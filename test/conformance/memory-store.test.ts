import { MemoryStore } from '../../src/testing/memory-store.ts'
import { describeStore } from './store.suite.ts'

describeStore('memory', async () => ({ store: new MemoryStore(), close: async () => {} }))
