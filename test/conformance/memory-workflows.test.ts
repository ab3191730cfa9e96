import { memoryHosts } from './memory-host.ts'
import { describeWorkflows } from './workflow.suite.ts'

describeWorkflows('memory', memoryHosts())
