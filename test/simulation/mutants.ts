// Defects that somebody might bring in, each put where a host meets the world. The simulation must find every one of them.

import { aws } from './mutants/aws.ts'
import type { Mutants } from './mutants/making.ts'
import { messages } from './mutants/messages.ts'
import { protocol } from './mutants/protocol.ts'
import { stores } from './mutants/stores.ts'

export type { MutantCase } from './mutants/making.ts'

export const mutants: Mutants = { ...stores, ...messages, ...protocol, ...aws }
