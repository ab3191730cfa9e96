// What Lambda makes of the answer of a handler that reports failed messages one by one (`ReportBatchItemFailures`). Anything that is not
// quite right counts as a failure of the whole batch.

/**
 * @param response as the handler returned it, before it became JSON
 * @param messageIds of the batch
 * @returns the ids that failed: none, some, or all of them
 */
export function failedIds(response: unknown, messageIds: readonly string[]): ReadonlySet<string> {
  const all = new Set(messageIds)
  const answer = toJson(response)
  if (answer === null) return new Set()
  if (typeof answer !== 'object' || Array.isArray(answer)) return all
  const failures: unknown = 'batchItemFailures' in answer ? answer.batchItemFailures : null
  if (failures === null) return new Set()
  if (!Array.isArray(failures)) return all
  const ids = failures.map(identifierOf)
  const isRight = ids.every((id) => id !== undefined && id !== '' && all.has(id))
  return isRight ? new Set(ids.flatMap((id) => id ?? [])) : all
}

function identifierOf(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null || !('itemIdentifier' in failure)) return undefined
  return typeof failure.itemIdentifier === 'string' ? failure.itemIdentifier : undefined
}

/** As the runtime sends it: `undefined` is null. @returns undefined for what cannot be written as JSON */
function toJson(response: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(response ?? null)) as unknown
  } catch {
    return undefined
  }
}
