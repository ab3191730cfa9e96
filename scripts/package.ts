// `npm run package`: bundles the functions and packages the deployment, offline and without credentials. Options go to osls: `-- --stage
// prod --param=auth=jwt`. It refuses a template with a door that nobody meant to leave open.

import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { buildBundles } from './bundle/build.ts'
import { openFunctionUrls, openRoutes, type Template } from './bundle/template.ts'

interface State {
  readonly service: { readonly custom: { readonly publicRoutes: readonly string[] } }
}

process.exitCode = await main(process.argv.slice(2))

async function main(options: readonly string[]): Promise<number> {
  await buildBundles('bundles')
  const { status } = spawnSync('osls', ['package', ...options], { stdio: 'inherit' })
  if (status !== 0) return status ?? 1
  const template = readJson<Template>('.serverless/cloudformation-template-update-stack.json')
  const { publicRoutes } = readJson<State>('.serverless/serverless-state.json').service.custom
  const open = [
    ...openRoutes(template).filter((route) => !publicRoutes.includes(route)),
    ...openFunctionUrls(template),
  ]
  if (open.length > 0) {
    console.error(
      `Anybody could call ${open.join(', ')}: give it an authorizer, or name the route in custom.publicRoutes of serverless.yml.`,
    )
    return 1
  }
  report(template)
  return 0
}

function report({ Resources: resources }: Template): void {
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::Lambda::Function') continue
    const { S3Key } = (Properties ?? {})['Code'] as { readonly S3Key: string }
    const zip = `.serverless/${S3Key.split('/').at(-1)}`
    console.log(`${zip.padEnd(34)}${Math.ceil(statSync(zip).size / 1024)} KB`)
  }
  console.log(
    `${Object.keys(resources).length} resources. To deploy them: npx osls deploy --package .serverless`,
  )
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}
