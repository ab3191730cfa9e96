// What a campaign on AWS must have met besides: what only adapters and services do.

export const awsFaults = [
  'request given up, and done',
  'outage of a service',
  'item left for later: UnprocessedItems',
  'item left for later: UnprocessedKeys',
  'page cut short',
  'message back after its deletion',
  'schedule fired although it was deleted',
  'HTTP request lost',
  'HTTP answer lost',
] as const

export const awsProbes = [
  'request made again',
  'payload kept in parts',
  'schedule made',
  'episode kept beyond its end by a stub',
  'dead letter of a workflow message',
  'input in the history',
  'append lost to a rival',
  'append to a life that is over',
  'lease taken',
  'inline activities demoted',
  'stall set',
  'stall ended',
  'wide fan-out',
  'continued as new',
  'child made',
  'timer cancelled',
  'suspended',
  'terminated',
  'id used again',
] as const
