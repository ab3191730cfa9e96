/** What the deployment sets for each function; for trying a bundle where there is none. */
export const exampleEnvironment: Readonly<Record<string, string>> = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'example',
  AWS_SECRET_ACCESS_KEY: 'example',
  TENUTO_TABLE_NAME: 'table',
  TENUTO_WORKFLOW_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/workflow',
  TENUTO_WORKFLOW_QUEUE_ARN: 'arn:aws:sqs:us-east-1:123456789012:workflow',
  TENUTO_ACTIVITY_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/activity',
  TENUTO_SCHEDULE_GROUP: 'group',
  TENUTO_SCHEDULE_ROLE_ARN: 'arn:aws:iam::123456789012:role/scheduler',
}
