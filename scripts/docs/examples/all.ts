// Every example, by its code.

import { deploys } from './deploys.ts'
import { longHistory } from './long-history.ts'
import { managementApi } from './management-api.ts'
import { platform } from './platform.ts'
import { runningInstance } from './running-instance.ts'
import type { Scenarios } from './scenario.ts'
import { testing } from './testing.ts'
import { writtenWrongly } from './written-wrongly.ts'

export const scenarios: Scenarios = {
  ...writtenWrongly,
  ...runningInstance,
  ...deploys,
  ...longHistory,
  ...managementApi,
  ...platform,
  ...testing,
}
