// The lint rules for workflow functions, as a plugin for ESLint 9 and later and for oxlint (`jsPlugins`).

import { awaitTasks } from './rules/await-tasks.ts'
import { noClock } from './rules/no-clock.ts'
import { noIo } from './rules/no-io.ts'
import { noModuleState } from './rules/no-module-state.ts'
import { noRandom } from './rules/no-random.ts'
import { noTimers } from './rules/no-timers.ts'
import type { Rule } from './syntax.ts'

export interface LintPlugin {
  readonly meta: { readonly name: string }
  readonly rules: Readonly<Record<string, Rule>>
  readonly configs: { readonly recommended: LintConfig }
}

/** A piece of a flat configuration of ESLint. */
export interface LintConfig {
  readonly name: string
  readonly plugins: { readonly tenuto: Pick<LintPlugin, 'meta' | 'rules'> }
  readonly rules: Readonly<Record<string, 'error'>>
}

const rules = {
  'await-tasks': awaitTasks,
  'no-clock': noClock,
  'no-io': noIo,
  'no-module-state': noModuleState,
  'no-random': noRandom,
  'no-timers': noTimers,
}
const bare = { meta: { name: 'tenuto' }, rules }
const names = Object.keys(rules).map((name) => [`tenuto/${name}`, 'error'] as const)

/** The plugin; `configs.recommended` turns every rule on. */
export const tenuto: LintPlugin = {
  ...bare,
  configs: {
    recommended: { name: 'tenuto/recommended', plugins: { tenuto: bare }, rules: Object.fromEntries(names) },
  },
}

// oxlint-disable-next-line import/no-default-export -- oxlint takes the default export of a plugin, and nothing else
export { tenuto as default }
