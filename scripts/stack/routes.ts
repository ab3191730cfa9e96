// The routes of an HTTP API, as a template has them: which function a request goes to.

import type { DeployedFunction } from './deployed-function.ts'
import { part, referencesIn, type Resources } from './resources.ts'

export interface Route {
  /** `GET /orders/{id}`, `ANY /{proxy+}` or `$default`. */
  readonly key: string
  readonly target: DeployedFunction
  /** How long the API waits for the function. */
  readonly timeoutMs: number
  /** `AWS_IAM`, `JWT`, `CUSTOM` or `NONE`. */
  readonly authorization: string
}

export interface Matched {
  readonly route: Route
  readonly pathParameters: Readonly<Record<string, string>>
}

/** @throws for an integration that is no function with payload format 2.0 */
export function readRoutes(
  resources: Resources,
  functionOf: (reference: unknown) => DeployedFunction,
): readonly Route[] {
  return resources.ofType('AWS::ApiGatewayV2::Route').map(([, properties]) => {
    const [name = ''] = referencesIn(properties['Target'])
    const integration = resources.properties(name)
    const { IntegrationType: type, PayloadFormatVersion: version } = integration
    if (type !== 'AWS_PROXY' || version !== '2.0') {
      throw new Error(`An integration ${String(type)} ${String(version)} is not known here.`)
    }
    return {
      key: part<string>(properties, 'RouteKey'),
      target: functionOf(integration['IntegrationUri']),
      timeoutMs: Number(integration['TimeoutInMillis'] ?? 30_000),
      authorization: (properties['AuthorizationType'] as string | undefined) ?? 'NONE',
    }
  })
}

/** The most specific route: a literal segment before a variable one, that before a greedy one, `$default` last. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Matched | undefined {
  const [best] = routes
    .flatMap((route) => {
      const found = match(route, method, path)
      return found ? [found] : []
    })
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
  return best
}

/** The rank has a digit for each segment, and one for the method; the lowest is the most specific. */
function match(
  route: Route,
  method: string,
  path: string,
): (Matched & { readonly rank: string }) | undefined {
  if (route.key === '$default') return { route, pathParameters: {}, rank: '9' }
  const [routeMethod = '', pattern = ''] = route.key.split(' ', 2)
  if (routeMethod !== 'ANY' && routeMethod !== method) return undefined
  const segments = path.split('/')
  const parameters: [name: string, value: string][] = []
  let rank = ''
  for (const expected of pattern.split('/')) {
    const given = segments.shift()
    if (given === undefined) return undefined
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(expected) ?? []
    if (name === undefined) {
      if (expected !== given) return undefined
      rank += literal
    } else {
      parameters.push([name, greedy ? [given, ...segments.splice(0)].join('/') : given])
      rank += greedy ? everything : variable
    }
  }
  if (segments.length > 0) return undefined
  const ofMethod = routeMethod === 'ANY' ? variable : literal
  return { route, pathParameters: Object.fromEntries(parameters), rank: rank + ofMethod }
}

const literal = '1'
const variable = '2'
const everything = '3'
