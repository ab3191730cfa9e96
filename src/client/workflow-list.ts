// What a program can do with many instances: lists, counts, and one act on all that a filter means.

import type { InstanceCount } from '../runtime/management.ts'
import type { RuntimeStatus } from '../workflow/status.ts'
import type { WorkflowState } from './workflow-client.ts'

/** Which instances are meant: all of what is given must hold. */
export interface WorkflowFilter {
  /** One of these. A stalled instance is found by `STALLED` alone. */
  readonly statuses?: readonly RuntimeStatus[]
  /** One of these. */
  readonly workflowNames?: readonly string[]
  /** Times belong to their range. */
  readonly createdFrom?: Date
  readonly createdTo?: Date
  readonly lastUpdatedFrom?: Date
  readonly lastUpdatedTo?: Date
  /** What the id begins with, in the same case. */
  readonly instanceIdPrefix?: string
  /** Its children, not theirs. */
  readonly parentInstanceId?: string
  /** All of these, with these values. */
  readonly tags?: Readonly<Record<string, string>>
}

export interface ListOptions {
  /** Default: the oldest first. */
  readonly newestFirst?: boolean
  /** With input, output, custom status and failure, at the price of a read for each instance. Default: without. */
  readonly withPayloads?: boolean
  /** Instances that one call asks for, 1 to 1,000. Default: 100. */
  readonly pageSize?: number
}

export interface WorkflowPage {
  readonly instances: readonly WorkflowState[]
  /** There may be more, even if this page is short or empty. */
  readonly nextPageToken?: string
}

export interface ManyOptions {
  /** Allows an empty filter. Default: false. */
  readonly all?: boolean
}

export interface ManyWorkflows {
  /**
   * All instances that the filter means, by age, read page by page as they are asked for. What lists show may be behind by moments.
   * @throws TenutoError `INVALID_ARGUMENT`
   */
  listWorkflows(filter?: WorkflowFilter, options?: ListOptions): AsyncIterable<WorkflowState>
  /** One page of a list. @throws TenutoError `INVALID_ARGUMENT` */
  getWorkflowPage(
    filter?: WorkflowFilter,
    options?: ListOptions & { readonly pageToken?: string },
  ): Promise<WorkflowPage>
  /** How many there are; with `more`, when the count was cut, at 10,000 or after 20 seconds. @throws TenutoError `INVALID_ARGUMENT` */
  countWorkflows(filter?: WorkflowFilter): Promise<InstanceCount>
  /**
   * Terminates all instances that the filter means and that have not ended. Like the three below: each single act is that for one instance,
   * and when the call fails, some of it may be done; it can be made again.
   * @returns how many
   * @throws TenutoError `INVALID_ARGUMENT` (an empty filter without `all`, among others), `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`
   */
  terminateWorkflows(
    filter: WorkflowFilter,
    options?: ManyOptions & { readonly output?: unknown },
  ): Promise<number>
  suspendWorkflows(
    filter: WorkflowFilter,
    options?: ManyOptions & { readonly reason?: string },
  ): Promise<number>
  resumeWorkflows(
    filter: WorkflowFilter,
    options?: ManyOptions & { readonly reason?: string },
  ): Promise<number>
  /** Removes all instances that the filter means and that have ended. */
  purgeWorkflows(filter: WorkflowFilter, options?: ManyOptions): Promise<number>
}
