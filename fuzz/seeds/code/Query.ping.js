// Query.ping, on the NONE data source: what goes in comes out.

export function request(ctx) {
  return { payload: ctx.args.message ?? 'pong' }
}

export function response(ctx) {
  return ctx.result
}
