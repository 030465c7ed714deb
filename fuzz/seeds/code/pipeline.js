export function request(ctx) {
  return { text: ctx.args.text };
}

export function response(ctx) {
  return ctx.prev.result.text;
}
