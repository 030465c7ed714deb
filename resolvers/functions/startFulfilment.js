// Second function of Mutation.placeOrder, on Step Functions: starts the order's execution.
// The execution is named after the order, so a second start of the same order is none.

import { util } from '@aws-appsync/utils'

export function request(ctx) {
  const { id, customer, items, amount } = ctx.stash.order
  return {
    method: 'POST',
    resourcePath: '/',
    params: {
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AWSStepFunctions.StartExecution',
      },
      body: JSON.stringify({
        stateMachineArn: ctx.env.STATE_MACHINE_ARN,
        name: id,
        input: JSON.stringify({ id, customer, items, amount }),
      }),
    },
  }
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type)
  }
  if (ctx.result.statusCode !== 200) {
    const body = JSON.parse(ctx.result.body)
    // An order placed before and by now fulfilled: nothing to start.
    if (!`${body.__type}`.endsWith('ExecutionAlreadyExists')) {
      util.error(body.message ?? 'The fulfilment could not be started', 'StepFunctions')
    }
  }
  return ctx.stash.order
}
