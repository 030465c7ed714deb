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

/// The first use of a function that is refused, and what to call it.
pub(super) fn check(program: &Program<'_>) -> Option<(Span, &'static str)> {
    let mut names = Names::default();
    names.visit_program(program);
    names.functions.retain(|name| names.bindings.get(name) == Some(&1));
    let mut uses = Uses { functions: names.functions, inside: Vec::new(), calls: Vec::new(), refused: None };
    uses.visit_program(program);
    if let Some(span) = first_recursion(uses.calls) {
        refuse(&mut uses.refused, span, "recursion is");
    }
    uses.refused
}

/// Keeps the first of two.
fn refuse(refused: &mut Option<(Span, &'static str)>, span: Span, construct: &'static str) {
    if refused.is_none_or(|(first, _)| span.start < first.start) {
        *refused = Some((span, construct));
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

struct Uses<'a> {
    functions: HashSet<&'a str>,
    /// The named functions around, innermost last.
    inside: Vec<&'a str>,
    calls: Vec<Call<'a>>,
    refused: Option<(Span, &'static str)>,
}

impl<'a> Uses<'a> {
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
                refuse(&mut self.refused, argument.span(), "passing a function to a function is");
            }
        }
    }

    fn result(&mut self, value: &Expression<'a>) {
        if is_function(value) || self.known(value).is_some() {
            refuse(&mut self.refused, value.span(), "returning a function is");
        }
    }

    fn assigned(&mut self, value: &Expression<'a>) {
        if self.known(value).is_some() {
            refuse(&mut self.refused, value.span(), "assigning a function to another name is");
        }
    }
}

impl<'a> Visit<'a> for Uses<'a> {
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

/// A call that is part of a cycle: calls from functions that nobody calls and to those that call nobody are taken away
/// until there are none.
fn first_recursion(mut calls: Vec<Call<'_>>) -> Option<Span> {
    loop {
        let callers: HashSet<&str> = calls.iter().map(|call| call.from).collect();
        let called: HashSet<&str> = calls.iter().map(|call| call.to).collect();
        let before = calls.len();
        calls.retain(|call| callers.contains(call.to) && called.contains(call.from));
        if calls.len() == before {
            return calls.iter().map(|call| call.span).min_by_key(|span| span.start);
        }
    }
}
