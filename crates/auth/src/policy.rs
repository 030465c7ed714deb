//! IAM policy documents: does a statement list allow an action on a resource?
