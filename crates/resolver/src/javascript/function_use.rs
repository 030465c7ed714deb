//! What APPSYNC_JS does not do with functions: recursion, and functions as arguments of the code's own functions, as
//! results and as values of other names (AppSync developer guide, "Supported runtime features"; the rules of
//! `@aws-appsync/eslint-plugin`).
//!
//! A function is known by its name if nothing else in the code has that name, so that what this refuses is certain.

use std::collections::{HashMap, HashSet};

use oxc_ast::{
    AstKind,
    ast::{BindingPattern, CallExpression, Expression, Program},
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

use super::problems::Problems;

/// Finds the uses of functions that are refused.
pub(super) fn check(program: &Program<'_>, problems: &mut Problems) {
    let mut names = Names::default();
    names.visit_program(program);
    names.functions.retain(|name| names.bindings.get(name) == Some(&1));
    let mut uses = Uses { functions: names.functions, inside: Vec::new(), calls: Vec::new(), problems };
    uses.visit_program(program);
    for span in recursions(&uses.calls) {
        uses.problems.unsupported(span, "recursion is");
    }
}

/// How often each name is bound, and which are bound to functions.
#[derive(Default)]
struct Names<'a> {
    bindings: HashMap<&'a str, usize>,
    functions: HashSet<&'a str>,
}

impl<'a> Visit<'a> for Names<'a> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        if let AstKind::BindingIdentifier(name) = kind {
            *self.bindings.entry(name.name.as_str()).or_default() += 1;
        }
        self.functions.extend(named_function(&kind));
    }
}

/// The name that a declaration gives to a function: `function f() {}` and `const f = () => {}`.
fn named_function<'a>(kind: &AstKind<'a>) -> Option<&'a str> {
    match kind {
        AstKind::Function(function) => function.id.as_ref().map(|name| name.name.as_str()),
        AstKind::VariableDeclarator(declarator) => match (&declarator.id, &declarator.init) {
            (BindingPattern::BindingIdentifier(name), Some(value)) if is_function(value) => Some(name.name.as_str()),
            _ => None,
        },
        _ => None,
    }
}

fn is_function(value: &Expression<'_>) -> bool {
    let value = value.get_inner_expression();
    matches!(value, Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_))
}

/// One of the code's own functions calls another.
struct Call<'a> {
    from: &'a str,
    to: &'a str,
    span: Span,
}

struct Uses<'a, 'p> {
    functions: HashSet<&'a str>,
    /// The named functions around, innermost last.
    inside: Vec<&'a str>,
    calls: Vec<Call<'a>>,
    problems: &'p mut Problems,
}

impl<'a> Uses<'a, '_> {
    fn known(&self, value: &Expression<'a>) -> Option<&'a str> {
        let Expression::Identifier(name) = value.get_inner_expression() else { return None };
        Some(name.name.as_str()).filter(|name| self.functions.contains(name))
    }

    fn entered(&self, kind: &AstKind<'a>) -> Option<&'a str> {
        named_function(kind).filter(|name| self.functions.contains(name))
    }

    fn call(&mut self, call: &CallExpression<'a>) {
        let Some(to) = self.known(&call.callee) else { return };
        self.calls.extend(self.inside.last().map(|from| Call { from, to, span: call.callee.span() }));
        for argument in call.arguments.iter().filter_map(|argument| argument.as_expression()) {
            if is_function(argument) || self.known(argument).is_some() {
                self.problems.unsupported(argument.span(), "passing a function to a function is");
            }
        }
    }

    fn result(&mut self, value: &Expression<'a>) {
        if is_function(value) || self.known(value).is_some() {
            self.problems.unsupported(value.span(), "returning a function is");
        }
    }

    fn assigned(&mut self, value: &Expression<'a>) {
        if self.known(value).is_some() {
            self.problems.unsupported(value.span(), "assigning a function to another name is");
        }
    }
}

impl<'a> Visit<'a> for Uses<'a, '_> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        self.inside.extend(self.entered(&kind));
        match kind {
            AstKind::CallExpression(call) => self.call(call),
            AstKind::ReturnStatement(statement) => {
                if let Some(value) = &statement.argument {
                    self.result(value);
                }
            }
            AstKind::ArrowFunctionExpression(function) => {
                if let Some(value) = function.body.as_expression() {
                    self.result(value);
                }
            }
            AstKind::VariableDeclarator(declarator) => {
                if let Some(value) = &declarator.init {
                    self.assigned(value);
                }
            }
            AstKind::AssignmentExpression(assignment) => self.assigned(&assignment.right),
            _ => {}
        }
    }

    fn leave_node(&mut self, kind: AstKind<'a>) {
        if self.entered(&kind).is_some() {
            self.inside.pop();
        }
    }
}

/// The calls that are part of a cycle: the function that is called comes back to the one that calls.
fn recursions(calls: &[Call<'_>]) -> Vec<Span> {
    let mut by_caller: HashMap<&str, Vec<&str>> = HashMap::new();
    for call in calls {
        by_caller.entry(call.from).or_default().push(call.to);
    }
    let of_one = |function: &str| {
        let reached = reached_from(function, &by_caller);
        let back = calls.iter().filter(|call| call.to == function && reached.contains(call.from));
        back.map(|call| call.span).collect::<Vec<_>>()
    };
    by_caller.keys().flat_map(|function| of_one(function)).collect()
}

/// A function and all that it calls, directly or through others.
fn reached_from<'a>(function: &'a str, by_caller: &HashMap<&str, Vec<&'a str>>) -> HashSet<&'a str> {
    let (mut reached, mut next) = (HashSet::new(), vec![function]);
    while let Some(function) = next.pop() {
        if reached.insert(function) {
            next.extend(by_caller.get(function).into_iter().flatten());
        }
    }
    reached
}
