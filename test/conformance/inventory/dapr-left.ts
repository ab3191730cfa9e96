// dapr/dapr: what we do not hold, and why.

import { type LeftGroup, names } from './case-group.ts'

const source = 'Dapr'
const tooLarge = 'not here: what is too large is refused at the call and fails it; no instance stalls for it'
const oneApp = 'not here: an app is one deployment; work is handed to another by its API or its queue'
const noPropagation =
  'not here: children and activities know what their inputs say; who needs more reads the history of the parent, which the status of a child names'
const noSigning = 'not here: histories are not signed; the table is guarded by the roles of the functions'
const noSidecar = 'not here: there is no sidecar, no placement and no stream between an app and its runtime'
const noPolicy = 'not here: who may call the API is said by IAM and the gateway'
const noReplica = 'not here: a function has no session with a replica that could be lost'

export const daprLeft: readonly LeftGroup[] = [
  {
    source,
    group: '',
    reason: noSidecar,
    cases: names('noapp unhealthy apphealth/apphealth apphealth/unhealthy'),
  },
  { source, group: 'chaos', reason: noSidecar, cases: names('remotestream') },
  {
    source,
    group: 'dedup',
    reason: noSidecar,
    cases: names(
      'dissemination disseminationcluster schedulerrestart/cluster schedulerrestart/manyactivities schedulerrestart/multidaprd schedulerrestart/schedulerrestart',
    ),
  },
  {
    source,
    group: 'dedup',
    reason: 'not here: the order of a history is its key, so none can be out of order',
    cases: names('stalledrecovery'),
  },
  { source, group: 'detached', reason: noPolicy, cases: names('accesspolicy_allow accesspolicy_deny') },
  { source, group: 'detached', reason: oneApp, cases: names('crossapp') },
  { source, group: 'detached', reason: noPropagation, cases: names('propagation') },
  { source, group: 'detached', reason: noSigning, cases: names('signing') },
  {
    source,
    group: 'externalevent',
    reason:
      'not here: there are no older histories without a timer for an endless wait, because such a wait never had one',
    cases: names('indefinitewaitactivity indefinitewaittimer'),
  },
  { source, group: 'get', reason: oneApp, cases: names('crossactivity crossworkflow') },
  {
    source,
    group: 'globalmaxconcurrent',
    reason: 'not here: concurrency across replicas is the reserved concurrency of a function',
    cases: names('activity instance combined namedactivity namedworkflow nolimit'),
  },
  {
    source,
    group: 'maxconcurrent',
    reason:
      'not here: instances that run at once cost nothing while they wait; turns are bounded by the function',
    cases: names('instance'),
  },
  { source, group: 'crud', reason: oneApp, cases: names('crud multi single') },
  {
    source,
    group: 'loadbalance',
    reason: noReplica,
    cases: names('churnstrand configfastpath handoffstrand routes'),
  },
  {
    source,
    group: 'loadbalance/stalled',
    reason: tooLarge,
    cases: names('maxbodysize'),
  },
  {
    source,
    group: 'nostatestore',
    reason: 'not here: no backend is without a store',
    cases: names('grpc history http metadata purge workerclient'),
  },
  {
    source,
    group: 'payloadsize',
    reason: tooLarge,
    cases: names('activity propagation restart workflow'),
  },
  { source, group: 'purge', reason: 'not here: a purge needs no worker', cases: names('noclient') },
  {
    source,
    group: 'purge/retention',
    reason: noPropagation,
    cases: names('optionalkeys/propagatedhistory'),
  },
  {
    source,
    group: 'purge/retention',
    reason: 'not here: settings are code and environment, no resources of Kubernetes',
    cases: names('kubernetes'),
  },
  {
    source,
    group: 'reconnect',
    reason: noReplica,
    cases: names(
      'executor midcall workflow deactivate/activity deactivate/completion deactivate/crossactivity deactivate/orchestrator deactivate/raiseevent reuse/completionretry reuse/midretry reuse/raiseevent reuse/startretry crossactivity',
    ),
  },
  {
    source,
    group: 'records',
    reason:
      'not here: the budget holds each kind of step, first and later ones alike (npm run budget), and not their sums',
    cases: names('subworkflow1activity1 subworkflow2activity2'),
  },
  { source, group: 'reuseid', reason: oneApp, cases: names('crossapp') },
  { source, group: 'reuseid/occupied', reason: oneApp, cases: names('crossapp') },
  { source, group: 'reuseid/occupied', reason: noSigning, cases: names('signing') },
  {
    source,
    group: 'scheduler',
    reason:
      'not here: Dapr’s scheduler and its fast path; ours is simulated with faults (test/simulation) instead',
    cases: names(
      'deletereminder raise reapresume residencychurn startelide activityv2rescue activityv2/basic activityv2/longrun activityv2/mixed activityv2/restart activityv2/streamloss fold/captive fold/restart fold/senderlapse fold/v2 localwake/basic localwake/delayed wakev2/basic wakev2/restart',
    ),
  },
  { source, group: 'security', reason: oneApp, cases: names('appscoping') },
  {
    source,
    group: 'statefulhistory',
    reason:
      'not here: a live instance is memory of the host itself; test/runtime/live-instances.test.ts holds it against replay',
    cases: names('bytelimit clientchurn disabled happypath largehistory multipleclients multipledaprds ttl'),
  },
  { source, group: 'terminate', reason: 'not here: no gRPC', cases: names('grpc') },
  {
    source,
    group: 'crossapp',
    reason: oneApp,
    cases: names(
      'crossapp activity/appdown activity/callactivity activity/crossnamespace activity/invalidappid activity/localmix activity/multihop activity/restart ops/grpcapi ops/httpapi ops/invalidappid ops/notfound ops/rerun ops/sdk pending/inboxpreserved pending/localthenremote pending/multiremote pending/pending pending/remote pending/remotethenlocal pending/remotewithtimer pending/childwf suborchestrator/appdown suborchestrator/crossnamespace suborchestrator/depth suborchestrator/forcepurge suborchestrator/invalidappid suborchestrator/localmix suborchestrator/purge suborchestrator/purgedepth suborchestrator/purgeidempotent suborchestrator/restart suborchestrator/retention suborchestrator/terminate resultreminder/orphan resultreminder/reconnect resultreminder/restart',
    ),
  },
  {
    source,
    group: 'propagation',
    reason: noPropagation,
    cases: names(
      'activity activitylineage activityretry activitytrustboundary allfields childworkflow chunks chunksmultiapp chunksparallel chunksparallelcrossapp chunkstrustboundary continueasnew continueasnewmultiapp dbpersist dbpersisttrustboundary lineage multiapp multiapplineage nomtls nopropagation ownhistoryevents recreaterefresh rerun rerunchild trustboundary workflowchain',
    ),
  },
  {
    source,
    group: 'signing/propagation',
    reason: noSigning,
    cases: names(
      'emptyappid emptychunkwithsigs extrarawevents lineage missingcerts mixedchunks mixedenv multiapp outofbounds recreatewithpropagation restart tamperedappid tamperedcert tamperedevent tamperednamespace tamperedsig trustboundary',
    ),
  },
  {
    source,
    group: 'signing',
    reason: noSigning,
    cases: names(
      'activity basic certexpiry certrotation childinjection childworkflow continueasnew disabled enablesigning externalevent inboxinjection largepayload multiactivity multiapp multiappchild multireplica multireplicachild nomtlserror nosigning purge restart signaturestripped signinggap tampered tamperedrunning terminate threeapp timer',
    ),
  },
  {
    source,
    group: 'accesspolicy',
    reason: noPolicy,
    cases: names(
      'accesspolicy allow deny denyemptyspec grpcapi httpapi invokeactor nopolicy partialauthbypass peroperation reminderbypass remoteenforce reservedactortype sameapp scopes selfcall validation requires/activity requires/child requires/crossapp requires/raiseevent requires/requireandor requires/requireboth requires/requireeither requires/signingoff requires/validation requires/workflow',
    ),
  },
]
