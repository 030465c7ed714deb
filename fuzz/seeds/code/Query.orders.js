// Query.orders, on the orders table: all orders, a page at a time.

import { util } from '@aws-appsync/utils'
import * as ddb from '@aws-appsync/utils/dynamodb'

const PAGE = 20
const LONGEST_PAGE = 100

export function request(ctx) {
  const limit = Math.max(1, Math.min(ctx.args.limit ?? PAGE, LONGEST_PAGE))
  return ddb.scan({ limit, nextToken: ctx.args.nextToken })
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type)
  }
  return { items: ctx.result.items, nextToken: ctx.result.nextToken }
}
