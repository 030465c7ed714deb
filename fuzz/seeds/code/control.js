import { util, runtime, extensions } from '@aws-appsync/utils';
import * as ddb from '@aws-appsync/utils/dynamodb';
const shared = { n: 1 };
export function request(ctx) {
  const { a = 1, ...rest } = ctx.args;
  for (const k of Object.keys(rest)) { shared[k] = `${k}:${rest[k] ?? 'none'}`; }
  if (a?.b?.[0]) return runtime.earlyReturn({ a }, { skipTo: 'END' });
  ctx.stash.list = [3, 1, 2].sort().map((x) => x ** 2).filter((x) => x > 1);
  return ddb.update({ key: { id: util.autoId() }, update: { n: ddb.operations.increment(1) } });
}
export function response(ctx) {
  if (ctx.error) util.error(ctx.error.message, ctx.error.type, ctx.result, { shared });
  return JSON.parse(JSON.stringify(ctx.result ?? util.time.nowISO8601()));
}
