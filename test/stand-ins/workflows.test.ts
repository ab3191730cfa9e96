// Every conformance case of whole workflows on the adapters of SQS and Scheduler, and again with queues and schedules at their worst.

import { describeWorkflows } from '../conformance/workflow.suite.ts'
import { standInHosts } from './stand-in-host.ts'

describeWorkflows('SQS and Scheduler', standInHosts())
