// What Lambda hands over and takes back, as far as it is read here: narrower than the published types, which therefore fit.

export interface LambdaContext {
  readonly awsRequestId: string
  readonly functionName: string
  getRemainingTimeInMillis(): number
}

/** Two parameters and no more: the Node 24 of Lambda refuses a handler that declares a third. */
export type LambdaHandler<Event, Result> = (event: Event, context: LambdaContext) => Promise<Result>

export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: {
    readonly ApproximateReceiveCount?: string | undefined
    readonly MessageGroupId?: string | undefined
  }
  readonly messageAttributes?: Readonly<Record<string, SqsAttribute>>
  readonly eventSourceARN: string
}

interface SqsAttribute {
  readonly stringValue?: string | undefined
  readonly binaryValue?: string | undefined
}

export interface SqsEvent {
  readonly Records: readonly SqsRecord[]
}

/** The messages named come again; all others are deleted from the queue. */
export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[]
}

export interface SnsRecord {
  readonly EventSource: string
  readonly Sns: SnsMessage
}

/** A message of SNS: in a record for Lambda, or, when delivery is not raw, as JSON in the body of a message of SQS. */
export interface SnsMessage {
  readonly MessageId: string
  readonly TopicArn: string
  readonly Message: string
  readonly Subject?: string | null | undefined
  readonly MessageAttributes?: Readonly<Record<string, { readonly Value: string }>> | undefined
}

export interface SnsEvent {
  readonly Records: readonly SnsRecord[]
}
