// Patches: places at which new code may take another way than the instances that are past them. Meaning and name are Dapr's.

/** What a workflow has asked, in one generation. The first answer to a name holds for all later ones. */
export class Patches {
  readonly #answers = new Map<string, boolean>()
  #applied: string[] = []
  #recorded: readonly string[] | undefined

  /** Begins a turn. @param recorded the patches that a turn of the past applied; undefined for a turn that is new. */
  begin(recorded: readonly string[] | undefined): void {
    this.#applied = []
    this.#recorded = recorded
  }

  /** True when the code comes here for the first time in a new turn, or did then. */
  ask(name: string): boolean {
    const known = this.#answers.get(name)
    if (known !== undefined) return known
    const answer = this.#recorded?.includes(name) ?? true
    this.#answers.set(name, answer)
    if (answer) this.#applied.push(name)
    return answer
  }

  /** Ends a turn. @returns the patches that it applied */
  end(): readonly string[] {
    return this.#applied
  }

  /** A patch that the turn applied in the past and that the code does not know any more. */
  get missing(): string | undefined {
    return this.#recorded?.find((name) => !this.#applied.includes(name))
  }
}
