export function request(ctx) {
  return { payload: ctx.args.ids.map((id) => ({ id, title: `Title of ${id}` })) };
}

export function response(ctx) {
  return ctx.result;
}
