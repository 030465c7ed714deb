// Mutation.restock, on the stock table: adds to an article's quantity, and makes the article when it is new.

import { util } from '@aws-appsync/utils'

export function request(ctx) {
  const { sku, quantity } = ctx.args
  if (quantity < 1) {
    util.error('The quantity must be at least 1', 'BadRequest')
  }
  // Written out, because the helpers know no ADD: their increment fails when the article is new.
  return {
    operation: 'UpdateItem',
    key: util.dynamodb.toMapValues({ sku }),
    update: {
      expression: 'ADD #quantity :quantity',
      expressionNames: { '#quantity': 'quantity' },
      expressionValues: util.dynamodb.toMapValues({ ':quantity': quantity }),
    },
  }
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type)
  }
  return ctx.result
}
