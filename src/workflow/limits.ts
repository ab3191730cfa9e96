// Every limit, once. An error that a limit raises carries the limit, the actual value and the remedy.

export const limits = {
  /** Characters of an instance id given at start (Dapr's limit). */
  instanceIdCharacters: 64,
  /** Characters of a child's id; default ids append to the parent's. */
  childInstanceIdCharacters: 512,
  /** Characters of a workflow, activity or event name. */
  nameCharacters: 256,
  /** Characters of an event id (`Idempotency-Key`). */
  eventIdCharacters: 256,
  /** Characters of the token by which an activity is completed later. */
  activityTokenCharacters: 4_096,
  /** UTF-8 bytes of one payload: input, output, event data, custom status (Dapr's default body limit). */
  payloadBytes: 4 * 1024 * 1024,
  /** UTF-8 bytes of the details of a heartbeat. */
  heartbeatDetailsBytes: 64 * 1024,
  /** Milliseconds between two writes of heartbeats of one attempt. */
  heartbeatIntervalMs: 1_000,
  /** Levels of arrays and objects in a payload taken from outside. */
  payloadDepth: 128,
  /** Durable calls that one turn of a workflow may make. */
  commandsPerTurn: 100_000,
  /** External events that may wait for one instance before further ones are refused with 429. */
  eventBuffer: 10_000,
  /** Seconds for which `?wait=` may hold an answer (below the 30 s of API Gateway). */
  waitSeconds: 25,
  /** Characters of a request's URL: room for the longest id and the longest name, percent-encoded. */
  urlCharacters: 8_192,
  /** Bytes of the headers of a request together with its first line. */
  headerBytes: 16_384,
  /** Characters of the reason of a suspend or resume. */
  reasonCharacters: 1_024,
  /** Tags of one instance. */
  tags: 16,
  /** Characters of the name of a tag. */
  tagNameCharacters: 64,
  /** Characters of the value of a tag. */
  tagValueCharacters: 256,
  /** Workflow names in one filter. */
  filterNames: 50,
  /** Instances on one page of a list. */
  pageInstances: 1_000,
  /** Instances up to which a count counts. */
  countedInstances: 10_000,
  /** Ids of consumed external events that a generation hands to the next one. */
  consumedEventIds: 1_000,
  /** Characters of a failure message kept in the history; longer ones are cut. */
  failureMessageCharacters: 8_192,
  /** Characters of a stack trace kept in the history. */
  stackTraceCharacters: 8_192,
  /** Activities outstanding at once whose hosts still commit the outcome themselves; above, outcomes go through the inbox. */
  directFanIn: 5,
  /** Lost races after which a handler parks its facts instead of trying again. */
  lostRaces: 8,
  /** Facts that the history of one generation holds; above, the instance fails. */
  generationFacts: 250_000,
  /** Generations by which an instance may be ahead of one a second, if nothing from outside drives it. */
  generationBurst: 1_000,
  /** Generations that one handler opens in a row before it lets others have their turn. */
  generationsPerTurn: 20,
  /** What a process remembers of live instances, in facts, commands and tokens (some 250 bytes each); beyond it, histories are read again. */
  liveWeight: 400_000,
  /** Levels of parents above an instance; deeper children are refused, so that a recursion ends. */
  childDepth: 32,
} as const
