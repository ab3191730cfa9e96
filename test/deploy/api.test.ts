// The door of a deployment: who may come in.

import { describe, expect, test } from 'vitest'
import { openFunctionUrls, openRoutes, type Resource, type Template } from '../../scripts/bundle/template.ts'
import { Resources } from '../../scripts/stack/resources.ts'
import { packagedService } from './packaged.ts'

const jwt = ['--param=auth=jwt', '--param=jwtIssuer=https://issuer.example', '--param=jwtAudience=tenuto']

async function packaged(...options: readonly string[]) {
  const { template } = await packagedService(...options)
  const resources = new Resources(template)
  const propertiesOf = (type: string) => resources.ofType(type).map(([, properties]) => properties)
  return { template, propertiesOf }
}

describe('the API', () => {
  test('is on the stage $default, has one route, and takes only so much', async () => {
    const { propertiesOf } = await packaged()
    expect(propertiesOf('AWS::ApiGatewayV2::Stage')).toMatchObject([
      {
        StageName: '$default',
        DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
      },
    ])
    expect(propertiesOf('AWS::ApiGatewayV2::Integration')).toMatchObject([{ PayloadFormatVersion: '2.0' }])
    expect(propertiesOf('AWS::ApiGatewayV2::Route')).toMatchObject([{ RouteKey: '$default' }])
  })

  test('wants signed requests unless said otherwise', async () => {
    const { template, propertiesOf } = await packaged()
    expect(propertiesOf('AWS::ApiGatewayV2::Route')).toMatchObject([{ AuthorizationType: 'AWS_IAM' }])
    expect([...openRoutes(template), ...openFunctionUrls(template)]).toEqual([])
  })

  test('wants tokens when it is told of an issuer', async () => {
    const { template, propertiesOf } = await packaged(...jwt)
    expect(propertiesOf('AWS::ApiGatewayV2::Route')).toMatchObject([{ AuthorizationType: 'JWT' }])
    expect(propertiesOf('AWS::ApiGatewayV2::Authorizer')).toMatchObject([
      {
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Issuer: 'https://issuer.example', Audience: ['tenuto'] },
      },
    ])
    expect(openRoutes(template)).toEqual([])
  })

  test.each([
    ['without the issuer of its tokens', ['--param=auth=jwt', '--param=jwtAudience=tenuto']],
    ['with an authorizer that there is none of', ['--param=auth=none']],
  ])('is not packaged %s', async (_, options) => {
    await expect(packaged(...options)).rejects.toThrow('Command failed')
  })
})

test('a door that is open is seen', () => {
  const resource = (Type: string, Properties: Readonly<Record<string, unknown>>): Resource => ({
    Type,
    Properties,
  })
  const route = 'AWS::ApiGatewayV2::Route'
  const open: Template = {
    Outputs: {},
    Resources: {
      a: resource(route, { RouteKey: 'GET /a' }),
      b: resource(route, { RouteKey: 'GET /b', AuthorizationType: 'NONE' }),
      c: resource(route, { RouteKey: 'GET /c', AuthorizationType: 'JWT' }),
      d: resource('AWS::Lambda::Url', { AuthType: 'NONE' }),
      e: resource('AWS::Lambda::Url', { AuthType: 'AWS_IAM' }),
    },
  }
  expect([...openRoutes(open), ...openFunctionUrls(open)]).toEqual(['GET /a', 'GET /b', 'd'])
})
