// Mutation.approveOrder: before and after its two functions, readPendingOrder and sendDecision.
// States the decision: the waiting task succeeds with it, and the workflow stores it in the order.

export function request(ctx) {
  const decision = { decidedBy: ctx.identity.username, comment: ctx.args.comment ?? '' }
  ctx.stash.status = 'APPROVED'
  ctx.stash.decision = decision
  ctx.stash.operation = 'SendTaskSuccess'
  ctx.stash.answer = { output: JSON.stringify(decision) }
  return {}
}

export function response(ctx) {
  return ctx.prev.result
}
