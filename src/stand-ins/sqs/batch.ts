// What the batch operations have in common: ten entries with ids of their own, each done or failed by itself.

import { ServiceError } from '../service-error.ts'
import { legacyCode, sqsError } from './errors.ts'
import type { EntryCall, SqsFaults } from './faults.ts'
import { limits } from './limits.ts'

interface Entry {
  readonly Id?: string
}

interface BatchResult {
  readonly Successful: readonly object[]
  readonly Failed: readonly object[]
}

/** @throws an error that refuses the batch as a whole. */
export function checkBatch(entries: readonly Entry[]): void {
  if (entries.length === 0) {
    throw sqsError('EmptyBatchRequest', 'There should be at least one entry in the request.')
  }
  if (entries.length > limits.batchEntries) {
    const message = `Maximum number of entries per request are ${limits.batchEntries}. You have sent ${entries.length}.`
    throw sqsError('TooManyEntriesInBatchRequest', message)
  }
  const ids = new Set<string>()
  for (const { Id: id = '' } of entries) {
    if (!/^[\w-]{1,80}$/.test(id)) {
      const rule = 'A batch entry id can only contain alphanumeric characters, hyphens and underscores.'
      throw sqsError(
        'InvalidBatchEntryId',
        `${rule} It can be at most ${limits.batchIdCharacters} letters long.`,
      )
    }
    if (ids.has(id)) throw sqsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`)
    ids.add(id)
  }
}

/** Does each entry; one that throws is reported as failed, with status 200 for the whole. */
export function eachEntry<E extends Entry>(
  entries: readonly E[],
  call: Omit<EntryCall, 'id'>,
  faults: SqsFaults,
  act: (entry: E) => object | void,
): BatchResult {
  const successful: object[] = []
  const failed: object[] = []
  for (const entry of entries) {
    const id = entry.Id ?? ''
    const fault = faults.failEntry?.({ ...call, id })
    if (fault) {
      const isThrottled = fault === 'throttled'
      const code = isThrottled ? 'RequestThrottled' : 'InternalError'
      failed.push({ Id: id, SenderFault: isThrottled, Code: code, Message: 'A fault was asked for.' })
      continue
    }
    try {
      successful.push({ Id: id, ...act(entry) })
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      const { code, message, isSendersFault } = error
      failed.push({ Id: id, SenderFault: isSendersFault, Code: legacyCode(code), Message: message })
    }
  }
  return { Successful: successful, Failed: failed }
}
