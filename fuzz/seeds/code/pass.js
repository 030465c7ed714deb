export function request(ctx) {
  return { payload: ctx.prev.result };
}

export function response(ctx) {
  return ctx.result;
}
