// Packages the deployment into a folder of its own, as `npm run package` does for AWS: offline, without credentials. What somebody has
// packaged to deploy it is left alone.

import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Template } from '../bundle/template.ts'

export interface PackagedStack {
  /** Service and stage: what the stack is called on AWS. */
  readonly stackName: string
  readonly template: Template
}

interface State {
  readonly service: { readonly service: string; readonly provider: { readonly stage: string } }
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

/**
 * @param folder with the bundles in `bundles`
 * @param output name of a folder in it that is made
 * @param options for osls
 */
export async function packageStack(
  folder: string,
  output: string,
  options: readonly string[] = [],
): Promise<PackagedStack> {
  for (const part of ['serverless.yml', 'infra']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const osls = resolve(root, 'node_modules/osls/bin/serverless.js')
  const args = [osls, 'package', '--package', output, ...options]
  await run(process.execPath, args, { cwd: folder, env: withoutCredentials(process.env) })
  const { service } = read<State>(join(folder, output, 'serverless-state.json'))
  return {
    stackName: `${service.service}-${service.provider.stage}`,
    template: read<Template>(join(folder, output, 'cloudformation-template-update-stack.json')),
  }
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

/** Nothing that could reach AWS, or change what is packaged. */
function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^(?:AWS|SLS|SERVERLESS)_/.test(name))
  return { ...Object.fromEntries(kept), AWS_EC2_METADATA_DISABLED: 'true' }
}
