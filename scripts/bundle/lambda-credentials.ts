// On Lambda, credentials come from the environment, or from the endpoint that the environment names. The SDK's other sources (profiles,
// single sign-on, processes, web identities) are a third of a bundle and belong to other machines: here they say that they have none.

import type { Plugin } from 'esbuild'

const otherSources = /^@aws-sdk\/credential-provider-(?:ini|process|sso|web-identity)$/

export const lambdaCredentials: Plugin = {
  name: 'lambda-credentials',
  setup(build) {
    build.onResolve({ filter: otherSources }, ({ path }) => ({ path, namespace: 'lambda-credentials' }))
    build.onLoad({ filter: /.*/, namespace: 'lambda-credentials' }, () => ({
      contents: `
        const none = () => async () => {
          throw Object.assign(new Error('This is not a source of credentials on Lambda.'), { tryNextLink: true })
        }
        export { none as fromIni, none as fromProcess, none as fromSSO, none as fromTokenFile }`,
      loader: 'js',
    }))
  },
}
