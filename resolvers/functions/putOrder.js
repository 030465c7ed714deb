// First function of Mutation.placeOrder, on the orders table: stores the order, once.

import { util } from '@aws-appsync/utils'
import * as ddb from '@aws-appsync/utils/dynamodb'

export function request(ctx) {
  const { id, ...item } = ctx.stash.order
  return ddb.put({ key: { id }, item, condition: { id: { attributeExists: false } } })
}

export function response(ctx) {
  if (!ctx.error) {
    return ctx.result
  }
  // The same call again, for example after a lost answer: go on with the order that is there.
  const stored = ctx.result
  if (ctx.error.type === 'DynamoDB:ConditionalCheckFailedException' && stored) {
    if (stored.customer === ctx.stash.order.customer) {
      ctx.stash.order = stored
      return stored
    }
    util.error('This clientToken belongs to another order', 'Conflict')
  }
  util.error(ctx.error.message, ctx.error.type)
}
