#!/usr/bin/env node
// The command `tenuto`.

import { processTerminal } from './command.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), processTerminal())
