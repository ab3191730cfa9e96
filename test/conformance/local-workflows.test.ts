import { localHosts } from './local-host.ts'
import { describeWorkflows } from './workflow.suite.ts'

describeWorkflows('SQLite in a folder', localHosts('folder'))
