// The cases that Dapr Workflow and its engines are tested with, as a list: what a case asks for, in words of our own, and where no test of
// ours can ask for it, why. A test names the cases it covers at the end of its title: `(Dapr: basic/child; MJ: children/default id)`.

/** Dapr: the integration suite of dapr/dapr. DG: durabletask-go. MJ: durabletask-js. JS: dapr/js-sdk; its `fix` group is what 3.18 does wrong, `keep` what it does right. */
export type Source = 'Dapr' | 'DG' | 'MJ' | 'JS'

interface Group {
  readonly source: Source
  /** In front of the names of its cases, with a slash; empty for those without one. */
  readonly group: string
}

/** What we hold too. */
export interface HeldGroup extends Group {
  /** What each case asks for, by its name. */
  readonly cases: Readonly<Record<string, string>>
}

/** What we do not hold, or not yet. */
export interface LeftGroup extends Group {
  /** Begins with `not here` or `not yet`. */
  readonly reason: string
  readonly cases: readonly string[]
}

export type CaseGroup = HeldGroup | LeftGroup

/** Names in one text, for lists that nobody reads one by one. */
export function names(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
