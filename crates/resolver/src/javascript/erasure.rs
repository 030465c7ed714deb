//! Takes TypeScript's types out of a source by putting spaces in their place, so that every position stays.

use std::collections::HashSet;

use oxc_ast::{
    AstKind,
    ast::{Program, Statement},
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

use super::{problems::Problems, program::Text};

/// Blanks all that is type alone. A construct that makes code is a problem: an enum, a namespace, `import =`.
pub(super) fn erase(program: &Program<'_>, text: &mut Text<'_>, problems: &mut Problems) {
    Eraser { text, type_ends: HashSet::new(), problems }.visit_program(program);
}

struct Eraser<'t, 's, 'p> {
    text: &'t mut Text<'s>,
    /// Where types end.
    type_ends: HashSet<u32>,
    problems: &'p mut Problems,
}

impl Eraser<'_, '_, '_> {
    fn refuse(&mut self, span: Span, construct: &str) {
        self.problems.wrong(span, format!("{construct} cannot be run by taking types out"));
    }

    /// Blanks a type.
    fn blank(&mut self, span: Span) {
        self.text.blank(span);
        self.type_ends.insert(span.end);
    }

    /// Blanks from the end of a part to the end of the whole.
    fn after(&mut self, part: Span, whole: Span) {
        self.blank(Span::new(part.end, whole.end));
    }

    /// Blanks a `?` or `!` between a name and what follows it.
    fn sign(&mut self, from: u32, until: u32) {
        let between = &self.text.source()[from as usize..until as usize];
        if let Some(offset) = between.find(['?', '!']) {
            let place = from + offset as u32;
            self.text.blank(Span::new(place, place + 1));
        }
    }

    /// Blanks a statement; a semicolon keeps its neighbours apart.
    fn statement(&mut self, span: Span) {
        self.text.blank(span);
        self.text.mark(span.start, ';');
    }
}

impl<'a> Visit<'a> for Eraser<'_, '_, '_> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        match kind {
            AstKind::TSTypeAnnotation(node) => self.blank(node.span),
            AstKind::TSTypeParameterDeclaration(node) => self.text.blank(node.span),
            AstKind::TSTypeParameterInstantiation(node) => self.blank(node.span),
            AstKind::TSThisParameter(node) => self.this_parameter(node.span),
            AstKind::TSAsExpression(node) => self.after(node.expression.span(), node.span),
            AstKind::TSSatisfiesExpression(node) => self.after(node.expression.span(), node.span),
            AstKind::TSNonNullExpression(node) => self.after(node.expression.span(), node.span),
            AstKind::TSInstantiationExpression(node) => self.after(node.expression.span(), node.span),
            AstKind::TSTypeAssertion(node) => {
                self.text.blank(Span::new(node.span.start, node.expression.span().start));
            }
            AstKind::TSTypeAliasDeclaration(node) => self.statement(node.span),
            AstKind::TSInterfaceDeclaration(node) => self.statement(node.span),
            AstKind::Function(node) if node.body.is_none() || node.declare => self.statement(node.span),
            AstKind::VariableDeclaration(node) if node.declare => self.statement(node.span),
            AstKind::FormalParameter(node) if node.optional => {
                self.sign(
                    node.pattern.span().end,
                    node.type_annotation.as_ref().map_or(node.span.end, |t| t.span.start),
                );
            }
            AstKind::VariableDeclarator(node) if node.definite => {
                self.sign(node.id.span().end, node.type_annotation.as_ref().map_or(node.span.end, |t| t.span.start));
            }
            AstKind::TSEnumDeclaration(node) if !node.declare => self.refuse(node.span, "an enum"),
            AstKind::TSEnumDeclaration(node) => self.statement(node.span),
            AstKind::TSNamespaceDeclaration(node) => self.refuse(node.span, "a namespace"),
            AstKind::TSExternalModuleDeclaration(node) => self.refuse(node.span, "a module declaration"),
            AstKind::TSGlobalDeclaration(node) => self.refuse(node.span, "a global declaration"),
            AstKind::TSImportEqualsDeclaration(node) => self.refuse(node.span, "import ="),
            AstKind::Class(node) => self.refuse(node.span, "a class in TypeScript"),
            _ => {}
        }
    }

    fn visit_statement(&mut self, statement: &Statement<'a>) {
        oxc_ast_visit::walk::walk_statement(self, statement);
        self.keep_apart(statement.span());
    }
}

impl Eraser<'_, '_, '_> {
    /// `(this: Type, a)`: the comma goes too.
    fn this_parameter(&mut self, span: Span) {
        let rest = &self.text.source()[span.end as usize..];
        let comma = rest.find(|character: char| !character.is_whitespace()).filter(|at| rest[*at..].starts_with(','));
        self.text.blank(Span::new(span.start, span.end + comma.map_or(0, |at| at as u32 + 1)));
    }

    /// Where a statement without a semicolon ends in a type, the next line could be read as its continuation.
    fn keep_apart(&mut self, statement: Span) {
        let rest = self.text.source()[statement.end as usize..].trim_start();
        if self.type_ends.contains(&statement.end) && rest.starts_with(['(', '[', '`', '+', '-', '/']) {
            self.text.mark(statement.end - 1, ';');
        }
    }
}
