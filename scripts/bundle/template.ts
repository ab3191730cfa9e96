// A CloudFormation template as data, and what must hold for it before anybody deploys it.

export interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DependsOn?: string | readonly string[]
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>
}

/** Keys of the routes that anybody may call. */
export function openRoutes({ Resources: resources }: Template): readonly string[] {
  return Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
    .filter(({ Properties: { AuthorizationType = 'NONE' } = {} }) => AuthorizationType === 'NONE')
    .map(({ Properties }) => String(Properties?.['RouteKey']))
}

/** Names of the functions that may be called by a URL of their own, past the API's authorizer. */
export function openFunctionUrls({ Resources: resources }: Template): readonly string[] {
  return Object.entries(resources)
    .filter(
      ([, { Type, Properties }]) => Type === 'AWS::Lambda::Url' && Properties?.['AuthType'] !== 'AWS_IAM',
    )
    .map(([name]) => name)
}
