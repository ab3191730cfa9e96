// `npm run package`: bundles the functions and packages the deployment, offline and without credentials. It refuses a template with a door
// that nobody meant to leave open.

import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { type FlagValues, helpFlag, helpText, parseCommandLine, UsageError } from '../src/cli/command-line.ts'
import { buildBundles } from './bundle/build.ts'
import { openFunctionUrls, openRoutes, type Template } from './bundle/template.ts'

const commandLine = {
  usage: 'npm run package --',
  summary: 'Bundles the functions and makes the template in .serverless, offline and without credentials.',
  flags: {
    stage: { type: 'string', value: 'name', description: 'of the stack (default dev)' },
    region: { type: 'string', value: 'name', description: 'where it is to be deployed (default us-east-1)' },
    param: { type: 'string', value: 'name=value', multiple: true, description: 'auth=jwt, for instance' },
    ...helpFlag,
  },
  notes: [
    'npm run package -- --param=auth=jwt --param=jwtIssuer=https://issuer.example --param=jwtAudience=tenuto',
    '',
    'Exit code 1: it could not be packaged, or anybody could call it. To deploy it: docs/deploy.md.',
  ],
} as const

interface State {
  readonly service: { readonly custom: { readonly publicRoutes: readonly string[] } }
}

async function main(): Promise<number> {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return 0
  }
  await buildBundles('bundles')
  const options = optionsFor(flags)
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
  report(template, options)
  return 0
}

function optionsFor({ stage, region, param = [] }: FlagValues<typeof commandLine.flags>): readonly string[] {
  return [
    ...(stage === undefined ? [] : [`--stage=${stage}`]),
    ...(region === undefined ? [] : [`--region=${region}`]),
    ...param.map((each) => `--param=${each}`),
  ]
}

function report({ Resources: resources }: Template, options: readonly string[]): void {
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::Lambda::Function') continue
    const { S3Key } = (Properties ?? {})['Code'] as { readonly S3Key: string }
    const zip = `.serverless/${S3Key.split('/').at(-1)}`
    console.log(`${zip.padEnd(34)}${Math.ceil(statSync(zip).size / 1024)} KB`)
  }
  const deploy = ['npx osls deploy --package .serverless', ...options].join(' ')
  console.log(`${Object.keys(resources).length} resources. To deploy them: ${deploy}`)
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run package -- --help`)
  process.exitCode = 2
}
