// How much each benchmark does: enough for a steady figure, or just enough to see that it works.

export interface Sizes {
  readonly chain: {
    readonly steps: number
    readonly warmUp: number
    readonly perRound: number
    readonly rounds: number
  }
  /** `lanes` chains at once; in each lane `perLane` of them, one after the other. */
  readonly flight: {
    readonly lanes: number
    readonly perLane: number
    readonly steps: number
    readonly rounds: number
  }
  readonly fanOut: { readonly width: number; readonly warmUp: number; readonly rounds: number }
  readonly longChain: { readonly steps: number; readonly warmUp: number; readonly rounds: number }
  readonly replay: { readonly events: readonly number[]; readonly rounds: number }
  readonly waiting: { readonly instances: number; readonly warmUp: number; readonly rounds: number }
  /** After this a workflow that has not ended counts as hanging. */
  readonly patienceMs: number
}

export const fullSizes: Sizes = {
  chain: { steps: 10, warmUp: 50, perRound: 40, rounds: 5 },
  flight: { lanes: 64, perLane: 20, steps: 10, rounds: 5 },
  fanOut: { width: 10_000, warmUp: 1_000, rounds: 5 },
  longChain: { steps: 10_000, warmUp: 500, rounds: 3 },
  replay: { events: [10_000, 100_000], rounds: 5 },
  waiting: { instances: 10_000, warmUp: 200, rounds: 3 },
  patienceMs: 600_000,
}

export const quickSizes: Sizes = {
  chain: { steps: 10, warmUp: 1, perRound: 3, rounds: 2 },
  flight: { lanes: 8, perLane: 1, steps: 10, rounds: 2 },
  fanOut: { width: 200, warmUp: 20, rounds: 2 },
  longChain: { steps: 200, warmUp: 20, rounds: 1 },
  replay: { events: [200, 2_000], rounds: 2 },
  waiting: { instances: 100, warmUp: 10, rounds: 1 },
  patienceMs: 60_000,
}
