// First function of Mutation.approveOrder and Mutation.rejectOrder, on the orders table:
// the order, with the task token that its workflow left there.

import { util } from '@aws-appsync/utils'
import * as ddb from '@aws-appsync/utils/dynamodb'

export function request(ctx) {
  return ddb.get({ key: { id: ctx.args.id }, consistentRead: true })
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type)
  }
  if (!ctx.result) {
    util.error('There is no such order', 'NotFound')
  }
  if (ctx.result.status !== 'AWAITING_APPROVAL' || !ctx.result.taskToken) {
    util.error('The order does not await approval', 'NotAwaitingApproval')
  }
  return ctx.result
}
