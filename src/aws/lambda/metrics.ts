// Metrics: numbers that alarms and the dashboard of a deployment look at.

import type { Clock } from '../../runtime/ports.ts'
import { toJson, writeLine } from './json-lines.ts'

/** One method, with the parameters of Powertools' `Metrics`, which therefore can be passed as it is. */
export interface Metrics {
  addMetric(name: MetricName, unit: 'Count', value: number): void
}

/**
 * `DeadLetters`: messages that were delivered too often and have been dealt with. `ForeignMessages`: what lay in a queue of the engine
 * and is no message of this version. `ReturnedMessages`: those that come again because their turn failed. `StalledInstances`: as the
 * sweeper last counted them. `ListenerFailures`: messages that a listener gave back. `ListenerDrops`: events that came after the end of
 * their instance.
 */
export type MetricName =
  | 'DeadLetters'
  | 'ForeignMessages'
  | 'ReturnedMessages'
  | 'StalledInstances'
  | 'ListenerFailures'
  | 'ListenerDrops'

const metricNamespace = 'Tenuto'

export interface EmfOptions {
  /** The only dimension. */
  readonly service: string
  readonly clock: Pick<Clock, 'now'>
  readonly write?: (line: string) => void
}

/** One line of CloudWatch's embedded metric format for each number: no request, no buffer, nothing to flush. */
export function createEmfMetrics({ service, clock, write = writeLine }: EmfOptions): Metrics {
  return {
    addMetric(name, unit, value) {
      const directive = {
        Namespace: metricNamespace,
        Dimensions: [['service']],
        Metrics: [{ Name: name, Unit: unit }],
      }
      const metadata = { Timestamp: clock.now(), CloudWatchMetrics: [directive] }
      write(toJson({ _aws: metadata, service, [name]: value }))
    },
  }
}
