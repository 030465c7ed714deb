// Mutation.placeOrder: before and after its two functions, putOrder and startFulfilment.
// Checks the input and makes the order that both of them work on.

import { util } from '@aws-appsync/utils'

const MOST_ITEMS = 25

export function request(ctx) {
  const input = ctx.args.input
  if (input.items.length < 1 || input.items.length > MOST_ITEMS) {
    util.error(`An order has 1 to ${MOST_ITEMS} items`, 'BadRequest')
  }
  let cents = 0
  for (const item of input.items) {
    if (item.quantity < 1 || item.price < 0) {
      util.error('A quantity must be at least 1 and a price must not be negative', 'BadRequest')
    }
    cents += item.quantity * Math.round(item.price * 100)
  }
  const now = util.time.nowISO8601()
  const id = orderId(input.clientToken)
  // A standard execution has the name it was started with, so its ARN is known before it runs.
  const executions = ctx.env.STATE_MACHINE_ARN.replace(':stateMachine:', ':execution:')
  ctx.stash.order = {
    id,
    customer: customerOf(ctx),
    items: input.items,
    amount: cents / 100,
    status: 'PLACED',
    createdAt: now,
    updatedAt: now,
    executionArn: `${executions}:${id}`,
  }
  return {}
}

export function response(ctx) {
  return ctx.prev.result
}

// The id of the order is the name of its execution too, which sets the alphabet and the length.
function orderId(clientToken) {
  if (!clientToken) {
    return util.autoUlid()
  }
  if (!util.matches('^[A-Za-z0-9_-]{1,80}$', clientToken)) {
    util.error('clientToken must have 1 to 80 letters, digits, hyphens or underscores', 'BadRequest')
  }
  return clientToken
}

// A signed-in customer orders for themselves; every other caller says for whom.
function customerOf(ctx) {
  const mode = util.authType()
  if (mode === 'User Pool Authorization') {
    return ctx.identity.username
  }
  if (mode === 'Open ID Connect Authorization') {
    return ctx.args.input.customer ?? ctx.identity.sub
  }
  return ctx.args.input.customer ?? 'guest'
}
