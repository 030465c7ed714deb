//! A source as a script for the engine: `(function (modules) { ... return { request, response }; })`.
//!
//! The text between keeps its lines and columns: imports, `export` and types are replaced by spaces, and what stands
//! for the imports is on a line of its own before it.

use std::sync::atomic::{AtomicU64, Ordering};

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Declaration, ExportNamedDeclaration, Expression, ImportDeclaration, ImportDeclarationSpecifier, ModuleDeclaration,
    Program as Ast, Statement,
};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};

use super::{Dialect, dialect, erasure, problems::Problems};
use crate::{CompileError, Limits, Problem, Source, util};

/// The file name in backtraces.
pub(super) const FILE: &str = "code";
/// Lines of the script before the first of the source.
pub(super) const LINES_BEFORE: u32 = 1;
/// The parameter of the factory.
const MODULES: &str = "$appsyncModules";
/// Stack for one byte of source, where every byte opens a level: parser and checks recurse.
const STACK_PER_BYTE: usize = 8 << 10;
/// Stack of the compiling thread besides.
const STACK_BASE: usize = 4 << 20;
/// Most stack of the compiling thread; longer sources are refused where the nesting could need more.
const STACK_MOST: usize = 1 << 30;

const UTILS: &str = "@aws-appsync/utils";
const DYNAMODB: &str = "@aws-appsync/utils/dynamodb";
const RDS: &str = "@aws-appsync/utils/rds";
const AI: &str = "@aws-appsync/utils/ai";

/// A checked source.
#[derive(Debug)]
pub(super) struct Program {
    id: u64,
    name: String,
    script: String,
}

/// What an event handler is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A function.
    Function,
    /// An object with `request` and `response`.
    Object,
}

/// Which exports a script returns.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// `request` and `response`.
    Resolver,
    /// The event handler of this name, if there is one: as `request` where it is a function.
    Event(&'static str),
}

impl Program {
    /// Parses and checks the source of a resolver or function.
    pub(super) fn new(source: &Source, dialect: Dialect, limits: &Limits) -> Result<Self, CompileError> {
        let script = checked(source, dialect, limits, Wanted::Resolver)?;
        let (script, _) = script.expect("a resolver without its handlers is an error");
        Ok(Self::of(source, script))
    }

    /// Parses and checks the source of a channel namespace, for the event handler `name`; `None` where it has none.
    pub(super) fn of_event(
        source: &Source,
        name: &'static str,
        dialect: Dialect,
        limits: &Limits,
    ) -> Result<Option<(Self, Form)>, CompileError> {
        let script = checked(source, dialect, limits, Wanted::Event(name))?;
        Ok(script.map(|(script, form)| (Self::of(source, script), form)))
    }

    fn of(source: &Source, script: String) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), name: source.name.clone(), script }
    }

    /// Tells programs apart.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn script(&self) -> &str {
        &self.script
    }

    pub(super) fn error_at(&self, line: u32, column: u32, message: String) -> CompileError {
        CompileError::new(self.name.clone(), Problem::new(line, column, message))
    }
}

/// A script, and what the handler in it is.
type Script = Option<(String, Form)>;

/// The script of a source that is inside the limits.
fn checked(source: &Source, dialect: Dialect, limits: &Limits, wanted: Wanted) -> Result<Script, CompileError> {
    let error = |message: String| CompileError::new(source.name.clone(), Problem::new(1, 1, message));
    if source.code.len() > limits.code_bytes {
        return Err(error(format!("the code is larger than {} bytes", limits.code_bytes)));
    }
    let stack = source.code.len().saturating_mul(STACK_PER_BYTE).saturating_add(STACK_BASE);
    if stack > STACK_MOST {
        return Err(error("the code is too long to be checked".into()));
    }
    // A thread of its own, because the parser recurses as deep as the code nests.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("compile".into()).stack_size(stack);
        let running = thread.spawn_scoped(scope, || script_of(source, dialect, wanted));
        match running {
            Ok(running) => running.join().unwrap_or_else(|_| Err(error("failed to check the code".into()))),
            Err(cause) => Err(error(format!("failed to start a thread to check the code: {cause}"))),
        }
    })
}

fn script_of(source: &Source, dialect: Dialect, wanted: Wanted) -> Result<Script, CompileError> {
    let allocator = Allocator::default();
    let typescript = source.name.ends_with(".ts");
    let kind = if typescript { SourceType::ts().with_module(true) } else { SourceType::mjs() };
    let parsed = Parser::new(&allocator, &source.code, kind).parse();
    let mut problems = Problems::default();
    for diagnostic in &parsed.diagnostics {
        let label = diagnostic.labels.first();
        let span = label.map_or(Span::empty(0), |label| Span::sized(label.offset(), label.len()));
        problems.wrong(span, diagnostic.message.to_string());
    }
    if !problems.is_empty() {
        // What could not be read is not judged.
        return problems.into_result(source).map(|()| None);
    }
    dialect::check(&parsed.program, dialect, &mut problems);
    let mut text = Text::new(&source.code);
    if typescript {
        erasure::erase(&parsed.program, &mut text, &mut problems);
    }
    let script = assemble(&parsed.program, text, typescript, wanted, &mut problems);
    problems.into_result(source).map(|()| script)
}

/// The source's text, in which parts become spaces.
pub(super) struct Text<'a> {
    source: &'a str,
    blank: Vec<Span>,
    marks: Vec<(u32, char)>,
}

impl<'a> Text<'a> {
    fn new(source: &'a str) -> Self {
        Self { source, blank: Vec::new(), marks: Vec::new() }
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// Replaces a part by spaces; line breaks stay.
    pub(super) fn blank(&mut self, span: Span) {
        self.blank.push(span);
    }

    /// Puts an ASCII character in the place of a blank one.
    pub(super) fn mark(&mut self, offset: u32, character: char) {
        self.marks.push((offset, character));
    }

    fn finish(mut self) -> String {
        self.blank.sort_unstable_by_key(|span| span.start);
        self.marks.sort_unstable();
        let mut spans = self.blank.iter().peekable();
        let mut marks = self.marks.iter().peekable();
        let mut end = 0;
        let mut text = String::with_capacity(self.source.len());
        for (offset, character) in self.source.char_indices() {
            let offset = offset as u32;
            while let Some(span) = spans.next_if(|span| span.start <= offset) {
                end = end.max(span.end);
            }
            let kept = offset >= end || character.is_whitespace();
            match marks.next_if(|(place, _)| *place <= offset) {
                Some((_, mark)) => text.push(*mark),
                None => text.push(if kept { character } else { ' ' }),
            }
        }
        text
    }
}

/// The script; without meaning where there are problems.
fn assemble(ast: &Ast<'_>, mut text: Text<'_>, typescript: bool, wanted: Wanted, problems: &mut Problems) -> Script {
    let mut imports = String::new();
    let mut exports = Vec::new();
    for statement in &ast.body {
        let Some(declaration) = statement.as_module_declaration() else { continue };
        match declaration {
            ModuleDeclaration::ImportDeclaration(import) => {
                imports.push_str(&bindings_of(import, typescript, problems));
                text.blank(import.span);
                text.mark(import.span.start, ';');
            }
            ModuleDeclaration::ExportDeclaration(export) => {
                exports.extend(declared_names(&export.declaration).into_iter().map(|name| (name.clone(), name)));
                text.blank(Span::new(export.span.start, export.declaration.span().start));
            }
            ModuleDeclaration::ExportNamedDeclaration(export) => {
                exports.extend(exported_names(export));
                text.blank(export.span);
                text.mark(export.span.start, ';');
            }
            other => problems.wrong(other.span(), "only named exports of this file are supported"),
        }
    }
    let (returned, form) = match wanted {
        Wanted::Resolver => (returned_handlers(ast, &exports, problems), Form::Object),
        Wanted::Event(name) => {
            let (_, local) = exports.iter().find(|(exported, _)| exported == name)?;
            match form_of(ast, name, local, problems)? {
                Form::Function => (format!("request: {local}"), Form::Function),
                Form::Object => (format!("request: {local}.request, response: {local}.response"), Form::Object),
            }
        }
    };
    let body = text.finish();
    let script = format!("(function ({MODULES}) {{\"use strict\"; {imports}\n{body}\nreturn {{ {returned} }};\n}})");
    Some((script, form))
}

/// What the event handler `name` is, which the source declares as `local`; `None` with a problem where it is neither.
fn form_of(ast: &Ast<'_>, name: &str, local: &str, problems: &mut Problems) -> Option<Form> {
    let declarations = ast.body.iter().filter_map(|statement| match statement {
        Statement::ExportDeclaration(export) => Some(&export.declaration),
        statement => statement.as_declaration(),
    });
    for declaration in declarations {
        match declaration {
            Declaration::FunctionDeclaration(function) if function.name().is_some_and(|name| name == local) => {
                return Some(Form::Function);
            }
            Declaration::VariableDeclaration(variables) => {
                let declarator = variables.declarations.iter().find(|declarator| {
                    declarator.id.get_binding_identifier().is_some_and(|identifier| identifier.name == local)
                });
                let Some(declarator) = declarator else { continue };
                match declarator.init.as_ref().map(Expression::get_inner_expression) {
                    Some(Expression::ObjectExpression(_)) => return Some(Form::Object),
                    Some(Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_)) => {
                        return Some(Form::Function);
                    }
                    _ => {
                        problems.wrong(declarator.span, shape_of(name));
                        return None;
                    }
                }
            }
            _ => {}
        }
    }
    problems.wrong(end(ast), shape_of(name));
    None
}

/// Where the code ends: the place of what it lacks.
fn end(ast: &Ast<'_>) -> Span {
    Span::empty(ast.body.last().map_or(0, |last| last.span().end))
}

fn shape_of(name: &str) -> String {
    format!("{name} must be a function, or an object with the functions request and response")
}

/// `request: request, response: response`.
fn returned_handlers(ast: &Ast<'_>, exports: &[(String, String)], problems: &mut Problems) -> String {
    let mut returned = Vec::new();
    for handler in ["request", "response"] {
        match exports.iter().find(|(exported, _)| exported == handler) {
            Some((_, local)) => returned.push(format!("{handler}: {local}")),
            None => {
                problems.wrong(end(ast), format!("the code must export a function named {handler}"));
            }
        }
    }
    returned.join(", ")
}

/// `const { util: util } = $appsyncModules["@aws-appsync/utils"];`.
fn bindings_of(import: &ImportDeclaration<'_>, typescript: bool, problems: &mut Problems) -> String {
    let module = import.source.value.as_str();
    if import.import_kind.is_type() {
        return String::new();
    }
    let Some(known) = known_exports(module) else {
        let message = format!("{module} cannot be imported: only {UTILS}, {DYNAMODB}, {RDS} and {AI} can");
        problems.wrong(import.source.span, message);
        return String::new();
    };
    let mut bindings = String::new();
    let path = format!("{MODULES}[\"{module}\"]");
    for specifier in import.specifiers.iter().flatten() {
        match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                let imported = specifier.imported.name();
                if specifier.import_kind.is_type() || (typescript && !known.contains(&imported.as_str())) {
                    continue;
                }
                if !known.contains(&imported.as_str()) {
                    problems.wrong(specifier.span, format!("{module} has no export named {imported}"));
                }
                bindings.push_str(&format!("const {} = {path}.{imported};", specifier.local.name));
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(specifier) => {
                bindings.push_str(&format!("const {} = {path};", specifier.local.name));
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(specifier) => {
                problems.wrong(specifier.span, format!("{module} has no default export"));
            }
        }
    }
    bindings
}

/// What a module of the service exports.
fn known_exports(module: &str) -> Option<Vec<&'static str>> {
    if ![UTILS, DYNAMODB, RDS, AI].contains(&module) {
        return None;
    }
    let exports = util::functions().map(|(path, _)| module_and_path(path)).filter(|(owner, _)| *owner == module);
    Some(exports.map(|(_, path)| path.split('.').next().unwrap_or(path)).collect())
}

/// The module that has a function, and the function's path in it.
pub(super) fn module_and_path(path: &'static str) -> (&'static str, &'static str) {
    let inside = |module, prefix| path.strip_prefix(prefix).map(|path| (module, path));
    inside(DYNAMODB, "dynamodb.").or_else(|| inside(RDS, "rds.")).or_else(|| inside(AI, "ai.")).unwrap_or((UTILS, path))
}

fn declared_names(declaration: &Declaration<'_>) -> Vec<String> {
    match declaration {
        Declaration::FunctionDeclaration(function) => function.id.iter().map(|id| id.name.to_string()).collect(),
        Declaration::VariableDeclaration(variables) => variables
            .declarations
            .iter()
            .flat_map(|declarator| declarator.id.get_binding_identifiers())
            .map(|id| id.name.to_string())
            .collect(),
        _ => Vec::new(),
    }
}

/// Exported and local name of each part of `export { a, b as c }`.
fn exported_names(export: &ExportNamedDeclaration<'_>) -> Vec<(String, String)> {
    if export.export_kind.is_type() {
        return Vec::new();
    }
    let values = export.specifiers.iter().filter(|specifier| !specifier.export_kind.is_type());
    values.map(|specifier| (specifier.exported.name().to_string(), specifier.local.name().to_string())).collect()
}
