// Mutation.rejectOrder: before and after its two functions, readPendingOrder and sendDecision.
// States the decision: the waiting task fails with OrderRejected, which the workflow catches.

export function request(ctx) {
  const { reason } = ctx.args
  const cause = `${ctx.identity.username}: ${reason}`
  ctx.stash.status = 'REJECTED'
  ctx.stash.decision = { statusReason: cause }
  ctx.stash.operation = 'SendTaskFailure'
  ctx.stash.answer = { error: 'OrderRejected', cause }
  return {}
}

export function response(ctx) {
  return ctx.prev.result
}
