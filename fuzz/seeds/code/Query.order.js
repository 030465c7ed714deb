// Query.order, on the orders table: one order by its id.

import { util } from '@aws-appsync/utils'
import * as ddb from '@aws-appsync/utils/dynamodb'

export function request(ctx) {
  return ddb.get({ key: { id: ctx.args.id } })
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type)
  }
  if (ctx.result && !maySee(ctx.identity, ctx.result.customer)) {
    util.unauthorized()
  }
  return ctx.result
}

// A user pool identity is a customer, who sees their own orders, or an approver, who sees all of them.
// The other callers are services that keep their own rules.
function maySee(identity, customer) {
  if (util.authType() !== 'User Pool Authorization') {
    return true
  }
  return identity.username === customer || (identity.groups ?? []).indexOf('approvers') >= 0
}
