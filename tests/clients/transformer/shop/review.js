import { util } from '@aws-appsync/utils';

export function request(ctx) {
  const body = { stateMachineArn: ctx.env.REVIEW, input: JSON.stringify({ id: ctx.args.id }) };
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AWSStepFunctions.StartSyncExecution' };
  return { method: 'POST', resourcePath: '/', params: { headers, body } };
}

export function response(ctx) {
  if (ctx.result.statusCode !== 200) util.error(ctx.result.body, 'Review');
  return JSON.parse(JSON.parse(ctx.result.body).output).verdict;
}
