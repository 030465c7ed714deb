// Query.ordersByCustomer, on the orders table's index byCustomer: newest first, a page at a time.

import { util } from '@aws-appsync/utils'
import * as ddb from '@aws-appsync/utils/dynamodb'

const PAGE = 20
const LONGEST_PAGE = 100

export function request(ctx) {
  const { customer, limit, nextToken } = ctx.args
  if (!maySee(ctx.identity, customer)) {
    util.unauthorized()
  }
  return ddb.query({
    index: 'byCustomer',
    query: { customer: { eq: customer } },
    scanIndexForward: false,
    limit: Math.max(1, Math.min(limit ?? PAGE, LONGEST_PAGE)),
    nextToken,
  })
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type)
  }
  return { items: ctx.result.items, nextToken: ctx.result.nextToken }
}

// As in Query.order: a signed-in customer sees their own orders, an approver sees all of them.
function maySee(identity, customer) {
  if (util.authType() !== 'User Pool Authorization') {
    return true
  }
  return identity.username === customer || (identity.groups ?? []).indexOf('approvers') >= 0
}
