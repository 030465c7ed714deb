//! What code may not have: in every dialect what the engine does not run, in the strict one what APPSYNC_JS 1.0.0
//! refuses (AppSync developer guide, "Supported runtime features"; the rules of `@aws-appsync/eslint-plugin`).
//!
//! AWS differs: the texts of the service's `codeErrors` are not recorded.

use oxc_ast::{
    AstKind,
    ast::{BinaryOperator, Expression, Program, UnaryOperator},
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

use super::{Dialect, function_use, problems::Problems};

/// Finds what the dialect does not allow.
pub(super) fn check(program: &Program<'_>, dialect: Dialect, problems: &mut Problems) {
    Checker { dialect, problems }.visit_program(program);
    if dialect == Dialect::Strict {
        function_use::check(program, problems);
    }
}

struct Checker<'p> {
    dialect: Dialect,
    problems: &'p mut Problems,
}

impl<'a> Visit<'a> for Checker<'_> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        if let Some((span, construct)) = never_allowed(&kind) {
            self.problems.unsupported(span, construct);
        } else if self.dialect == Dialect::Strict
            && let Some((span, construct)) = not_in_strict(&kind)
        {
            self.problems.unsupported(span, construct);
        } else if self.dialect == Dialect::Strict
            && let Some((span, name)) = absent_method(&kind)
        {
            self.problems.unsupported(span, &format!("{name} is"));
        }
    }
}

/// Methods of objects that APPSYNC_JS has, of which it has not these.
const ABSENT_METHODS: &[(&str, &[&str])] = &[
    ("Array", &["from", "of"]),
    (
        "Object",
        &[
            "create",
            "defineProperties",
            "defineProperty",
            "freeze",
            "fromEntries",
            "getOwnPropertyDescriptor",
            "getOwnPropertyDescriptors",
            "getOwnPropertyNames",
            "getOwnPropertySymbols",
            "getPrototypeOf",
            "is",
            "isExtensible",
            "isFrozen",
            "isSealed",
            "preventExtensions",
            "seal",
            "setPrototypeOf",
        ],
    ),
    ("String", &["fromCharCode", "fromCodePoint"]),
];

/// Methods of text and dates that APPSYNC_JS has not, by names that nothing else has.
const ABSENT_ANYWHERE: &[&str] = &[
    "charCodeAt",
    "localeCompare",
    "matchAll",
    "padEnd",
    "padStart",
    "repeat",
    "search",
    "setDate",
    "setFullYear",
    "setHours",
    "setMilliseconds",
    "setMinutes",
    "setMonth",
    "setSeconds",
    "setTime",
    "setUTCDate",
    "setUTCFullYear",
    "setUTCHours",
    "setUTCMilliseconds",
    "setUTCMinutes",
    "setUTCMonth",
    "setUTCSeconds",
    "setYear",
    "toGMTString",
    "toLocaleDateString",
    "toLocaleLowerCase",
    "toLocaleString",
    "toLocaleTimeString",
    "toLocaleUpperCase",
];

/// A call of a method that APPSYNC_JS does not have, and the method's name.
fn absent_method(kind: &AstKind<'_>) -> Option<(Span, String)> {
    let AstKind::CallExpression(call) = kind else { return None };
    let Expression::StaticMemberExpression(callee) = &call.callee else { return None };
    let method = callee.property.name.as_str();
    let absent = |owner: &str| ABSENT_METHODS.iter().any(|(name, absent)| *name == owner && absent.contains(&method));
    match &callee.object {
        Expression::Identifier(owner) if owner.name == "Promise" => Some((owner.span, "Promise".into())),
        Expression::Identifier(owner) if absent(owner.name.as_str()) => {
            Some((callee.span, format!("{}.{method}", owner.name)))
        }
        _ => ABSENT_ANYWHERE.contains(&method).then(|| (callee.property.span, method.to_owned())),
    }
}

/// What no engine of ours runs.
fn never_allowed(kind: &AstKind<'_>) -> Option<(Span, &'static str)> {
    Some(match kind {
        AstKind::Function(node) if node.r#async => (node.span, "async functions are"),
        AstKind::ArrowFunctionExpression(node) if node.r#async => (node.span, "async functions are"),
        AstKind::AwaitExpression(node) => (node.span, "await is"),
        AstKind::ForOfStatement(node) if node.r#await => (node.span, "for await is"),
        AstKind::ImportExpression(node) => (node.span, "import() is"),
        AstKind::ImportMeta(node) => (node.span, "import.meta is"),
        AstKind::Decorator(node) => (node.span, "decorators are"),
        _ => return None,
    })
}

fn not_in_strict(kind: &AstKind<'_>) -> Option<(Span, &'static str)> {
    Some(match kind {
        AstKind::TryStatement(node) => (node.span, "try is"),
        AstKind::ThrowStatement(node) => (node.span, "throw is"),
        AstKind::WhileStatement(node) => (node.span, "while is"),
        AstKind::DoWhileStatement(node) => (node.span, "do-while is"),
        AstKind::ForStatement(node) => (node.span, "for with a counter is"),
        AstKind::ContinueStatement(node) => (node.span, "continue is"),
        AstKind::LabeledStatement(node) => (node.span, "labels are"),
        AstKind::WithStatement(node) => (node.span, "with is"),
        AstKind::DebuggerStatement(node) => (node.span, "debugger is"),
        AstKind::Class(node) => (node.span, "classes are"),
        AstKind::ThisExpression(node) => (node.span, "this is"),
        AstKind::Super(node) => (node.span, "super is"),
        AstKind::NewTarget(node) => (node.span, "new.target is"),
        AstKind::Function(node) if node.generator => (node.span, "generators are"),
        AstKind::YieldExpression(node) => (node.span, "yield is"),
        AstKind::UpdateExpression(node) => (node.span, "++ and -- are"),
        AstKind::RegExpLiteral(node) => (node.span, "regular expression literals are"),
        AstKind::BigIntLiteral(node) => (node.span, "BigInt is"),
        AstKind::UnaryExpression(node) if node.operator == UnaryOperator::BitwiseNot => (node.span, "~ is"),
        AstKind::BinaryExpression(node) if node.operator == BinaryOperator::In => (node.span, "in is"),
        AstKind::BinaryExpression(node) if node.operator == BinaryOperator::Instanceof => (node.span, "instanceof is"),
        AstKind::PrivateInExpression(node) => (node.span, "in is"),
        AstKind::NewExpression(node) => match &node.callee {
            Expression::Identifier(name) if name.name == "Date" => return None,
            callee => (callee.span(), "new is"),
        },
        AstKind::CallExpression(node) => match &node.callee {
            Expression::StaticMemberExpression(callee) => match callee.property.name.as_str() {
                "apply" | "bind" | "call" => (callee.property.span, "apply, bind and call are"),
                "sort" if !node.arguments.is_empty() => (callee.property.span, "sort with a comparison is"),
                _ => return None,
            },
            Expression::Identifier(callee) if ["eval", "Function"].contains(&callee.name.as_str()) => {
                (callee.span, "making functions from text is")
            }
            _ => return None,
        },
        _ => return None,
    })
}
