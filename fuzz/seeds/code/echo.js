export function request(ctx) {
  return { payload: { text: ctx.args.text } };
}

export function response(ctx) {
  return ctx.result.text;
}
