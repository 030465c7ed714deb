// Subscription.onOrderStatus, on the NONE data source, run once when a client subscribes. The arguments filter
// what a client hears; for a signed-in customer a filter set here takes their place and adds whose orders.

import { extensions, util } from '@aws-appsync/utils'

export function request() {
  return { payload: null }
}

export function response(ctx) {
  if (util.authType() !== 'User Pool Authorization') {
    return null
  }
  const { username, groups } = ctx.identity
  if ((groups ?? []).indexOf('approvers') >= 0) {
    return null
  }
  const { id, customer } = ctx.args
  if (customer && customer !== username) {
    util.unauthorized()
  }
  const filter = { customer: { eq: username } }
  if (id) {
    filter.id = { eq: id }
  }
  extensions.setSubscriptionFilter(util.transform.toSubscriptionFilter(filter))
  return null
}
