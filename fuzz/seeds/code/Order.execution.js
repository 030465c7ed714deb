// Order.execution, on Step Functions: the order's workflow as it stands at this moment.

import { runtime, util } from '@aws-appsync/utils'

export function request(ctx) {
  const executionArn = ctx.source.executionArn
  if (!executionArn) {
    runtime.earlyReturn(null)
  }
  return {
    method: 'POST',
    resourcePath: '/',
    params: {
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AWSStepFunctions.DescribeExecution',
      },
      body: JSON.stringify({ executionArn }),
    },
  }
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type)
  }
  const body = JSON.parse(ctx.result.body)
  if (ctx.result.statusCode !== 200) {
    // The order was stored and the call that starts its execution failed: there is nothing to show.
    if (`${body.__type}`.endsWith('ExecutionDoesNotExist')) {
      return null
    }
    util.error(body.message ?? 'Step Functions did not answer', 'StepFunctions')
  }
  return {
    status: body.status,
    startedAt: iso8601(body.startDate),
    stoppedAt: body.stopDate ? iso8601(body.stopDate) : null,
    error: body.error,
    cause: body.cause,
  }
}

// Step Functions counts seconds, with a fraction.
function iso8601(epochSeconds) {
  return util.time.epochMilliSecondsToISO8601(Math.floor(epochSeconds * 1000))
}
