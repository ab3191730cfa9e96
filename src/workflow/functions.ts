// The functions that a user writes, and what the compiler can tell about them.

import type { ActivityContext, WorkflowContext } from './context.ts'
import type { Jsonify } from './payload.ts'

/** An activity: ordinary code, run at least once per call. `(ctx, input)`, as in Dapr JS. */
export type ActivityFunction = (ctx: ActivityContext, input: never) => unknown

/** A workflow: `async`, `async function*` or `function*`, deterministic. `(ctx, input)`, as in Dapr JS. */
export type WorkflowFunction = (ctx: WorkflowContext, input: never) => unknown

/** The input that an activity or workflow function takes; undefined when it declares none. */
export type InputOf<F> = F extends (...args: infer A) => unknown
  ? A extends readonly [] | readonly [unknown]
    ? undefined
    : A extends readonly [unknown, (infer I)?]
      ? I
      : never
  : never

/** What a call of it yields: the return value of the function after its way through JSON. */
export type OutputOf<F> = F extends (...args: never[]) => infer R ? Jsonify<Returned<R>> : never

type Returned<R> =
  R extends AsyncGenerator<unknown, infer O, never>
    ? O
    : R extends Generator<unknown, infer O, never>
      ? O
      : Awaited<R>

/** Arguments after the function: input may be left out only where the function takes none or an optional one. */
export type CallArguments<F, Options> =
  undefined extends InputOf<F>
    ? [input?: InputOf<F>, options?: Options]
    : [input: InputOf<F>, options?: Options]

/* oxlint-disable typescript/no-explicit-any -- what a yield gives back cannot be typed per yield */
/** Dapr JS's name for a generator workflow. */
export type TWorkflow<I = any, O = any> = (
  ctx: WorkflowContext,
  input: I,
) => AsyncGenerator<unknown, O> | Generator<unknown, O>
/* oxlint-enable typescript/no-explicit-any */
