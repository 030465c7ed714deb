// Second function of Mutation.approveOrder and Mutation.rejectOrder, on Step Functions: answers the waiting
// task. The workflow writes the decision to the order; what is returned here is what it will write.

import { util } from '@aws-appsync/utils'

export function request(ctx) {
  return {
    method: 'POST',
    resourcePath: '/',
    params: {
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AWSStepFunctions.${ctx.stash.operation}`,
      },
      body: JSON.stringify({ taskToken: ctx.prev.result.taskToken, ...ctx.stash.answer }),
    },
  }
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type)
  }
  if (ctx.result.statusCode !== 200) {
    const body = JSON.parse(ctx.result.body)
    // The time for a decision ran out, or another approver was faster.
    if (`${body.__type}`.endsWith('TaskTimedOut')) {
      util.error('The order no longer awaits approval', 'NotAwaitingApproval')
    }
    util.error(body.message ?? 'The decision could not be sent', 'StepFunctions')
  }
  return { ...ctx.prev.result, ...ctx.stash.decision, status: ctx.stash.status }
}
