// Every conformance case of whole workflows on the adapters of SQS and Scheduler, with services that refuse, fail entries of batches,
// deliver in another order, and are as late as they may be. None of that may show.

import { describeWorkflows } from '../conformance/workflow.suite.ts'
import { type Spoil, standInHosts } from './stand-in-host.ts'

const atTheirWorst: Spoil = ({ sqsFaults, schedulerFaults }) => {
  let requests = 0
  let entries = 0
  const everyFifth = () => (++requests % 5 === 0 ? 'throttled' : undefined)
  sqsFaults.request = everyFifth
  schedulerFaults.request = everyFifth
  sqsFaults.failEntry = ({ operation }) =>
    operation === 'SendMessageBatch' && ++entries % 3 === 0 ? 'throttled' : undefined
  sqsFaults.pick = (count) => count - 1
  schedulerFaults.latenessMs = () => 60_000
}

describeWorkflows('SQS and Scheduler at their worst', standInHosts(atTheirWorst))
