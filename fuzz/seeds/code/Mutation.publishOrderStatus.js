// Mutation.publishOrderStatus, on the orders table, called by event rules. It returns the order as stored, and
// AppSync hands that to the subscribers of onOrderStatus. Two kinds of event carry news that only arrives here:
//   - the workflow asks for approval: its task token is kept in the order until somebody decides;
//   - the execution ended in a way that left it no step of its own to record the end.
// Events may arrive twice or late, so each write says which states of the order it may follow.

import { util } from '@aws-appsync/utils'
import * as ddb from '@aws-appsync/utils/dynamodb'

const UNFINISHED = ['PLACED', 'RESERVED', 'AWAITING_APPROVAL', 'APPROVED', 'CHARGED']
const ENDINGS = { FAILED: 'FAILED', TIMED_OUT: 'FAILED', ABORTED: 'CANCELLED' }

export function request(ctx) {
  const { id, executionStatus, taskToken } = ctx.args.input
  if (taskToken) {
    return write(id, { status: 'AWAITING_APPROVAL', taskToken }, ['RESERVED', 'AWAITING_APPROVAL'])
  }
  const ending = ENDINGS[executionStatus ?? '']
  if (ending) {
    const statusReason = `the execution ended as ${executionStatus}`
    return write(id, { status: ending, statusReason }, UNFINISHED)
  }
  return ddb.get({ key: { id }, consistentRead: true })
}

export function response(ctx) {
  // Refused by its condition: the order is further on than the event; ctx.result is the order as it stands.
  if (ctx.error && ctx.error.type !== 'DynamoDB:ConditionalCheckFailedException') {
    util.error(ctx.error.message, ctx.error.type)
  }
  return ctx.result
}

function write(id, values, after) {
  return ddb.update({
    key: { id },
    update: { ...values, updatedAt: util.time.nowISO8601() },
    condition: { status: { in: after } },
  })
}
