//! Validation errors in the words of graphql-java, which AppSync runs on:
//! `Validation error of type FieldUndefined: Field 'x' in type 'Query' is undefined @ 'a/x'` (recorded on AWS).
//!
//! apollo-compiler finds the mistakes; its messages in the style of graphql-js carry the names that ours need.

use apollo_compiler::{
    Node, Schema,
    ast::{Argument, Definition, Document, Field, Selection, Value as Literal},
    parser::{LineColumn, SourceSpan},
    validation::DiagnosticList,
};

use crate::{GraphqlError, Location, limits, plan::arguments::java_literal};

/// What is wrong with a document.
pub(crate) fn errors(schema: &Schema, document: &Document, invalid: &DiagnosticList) -> Vec<GraphqlError> {
    // graphql-java's parser stops at the first syntax error.
    let syntax_only = invalid.iter().next().is_some_and(|first| first.error.unstable_error_name().is_none());
    invalid
        .iter()
        .take(if syntax_only { 1 } else { limits::RESPONSE_ERRORS })
        .filter_map(|diagnostic| {
            let at = diagnostic.line_column_range().map_or(LineColumn { line: 1, column: 1 }, |range| range.start);
            let location = Location { line: at.line, column: at.column };
            let plain = diagnostic.error.to_string();
            let Some(name) = diagnostic.error.unstable_error_name() else {
                return Some(unnamed(document, &plain, location));
            };
            let message = diagnostic.error.unstable_compat_message().unwrap_or_else(|| plain.clone());
            let place = Place::find(document, at);
            if name == "MissingSubselection" && place.field.is_some_and(|field| !field.selection_set.is_empty()) {
                return None; // Nothing is left of its selection set because each field of it is reported.
            }
            if let Some(argument) = place.argument
                && let Some(text) = wrong_type(document, argument, at, name, &message)
            {
                let start = span_start(document, argument.location()).unwrap_or(at);
                let location = Location { line: start.line, column: start.column };
                return Some(error("WrongType", &text, &place.path(), location));
            }
            // graphql-java points at the variable, not at its argument.
            let variable = place.argument.map(|given| &given.value).filter(|value| value.as_variable().is_some());
            let start = variable.and_then(|value| span_start(document, value.location()));
            let location = start.map_or(location, |at| Location { line: at.line, column: at.column });
            let (kind, text) = translate(schema, name, &message, &plain);
            Some(error(kind, &text, &place.path(), location))
        })
        .collect()
}

/// A validation error of graphql-java's `kind`.
pub(crate) fn error(kind: &str, text: &str, path: &str, location: Location) -> GraphqlError {
    let place = if path.is_empty() { String::new() } else { format!(" @ '{path}'") };
    syntax(&format!("Validation error of type {kind}: {text}{place}"), location)
}

/// An error with a place and nothing else.
pub(crate) fn syntax(message: &str, location: Location) -> GraphqlError {
    GraphqlError { path: None, locations: Some(vec![location]), message: message.to_owned(), details: None }
}

/// Syntax errors and limits of the parser have no name.
fn unnamed(document: &Document, plain: &str, location: Location) -> GraphqlError {
    if !plain.starts_with("syntax error") {
        return syntax(&format!("Invalid Syntax : {plain}"), location);
    }
    let Location { line, column } = location;
    let text = document.sources.values().last().map(|source| source.source_text()).unwrap_or_default();
    let rest: String = text.lines().nth(line - 1).unwrap_or_default().chars().skip(column - 1).collect();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
    let token = match rest.chars().next() {
        None => "<EOF>".to_owned(),
        Some(first) if length == 0 => first.to_string(),
        Some(_) => rest[..length].to_owned(),
    };
    syntax(&format!("Invalid Syntax : offending token '{token}' at line {line} column {column}"), location)
}

/// graphql-java's kind and text of a mistake. Kinds without a test beside a recorded answer are [K].
fn translate(schema: &Schema, name: &str, message: &str, plain: &str) -> (&'static str, String) {
    let quoted: Vec<&str> = message.split('"').skip(1).step_by(2).collect();
    let word = |index: usize| quoted.get(index).copied().unwrap_or_default();
    let variable = word(0).trim_start_matches('$');
    match name {
        "UndefinedField" => ("FieldUndefined", format!("Field '{}' in type '{}' is undefined", word(0), word(1))),
        "UndefinedArgument" => ("UnknownArgument", format!("Unknown field argument {}", word(0))),
        "RequiredArgument" => ("MissingFieldArgument", format!("Missing field argument {}", word(1))),
        "MissingSubselection" => {
            let (field, parent) = (word(0), word(1));
            let definition = schema.type_field(parent, field).ok();
            // graphql-java prints the name of a list type as null [K].
            let ty = definition.filter(|found| !found.ty.is_list()).map_or("null", |found| found.ty.inner_named_type());
            ("SubSelectionRequired", format!("Sub selection required for type {ty} of field {field}"))
        }
        "SubselectionOnScalarType" | "SubselectionOnEnumType" => (
            "SubSelectionNotAllowed",
            format!("Sub selection not allowed on leaf type {} of field {}", word(1), word(0)),
        ),
        "UndefinedVariable" => ("UndefinedVariable", format!("Undefined variable {variable}")),
        "UnusedVariable" => ("UnusedVariable", format!("Unused variable {variable}")),
        "UnusedFragment" => ("UnusedFragment", format!("Unused fragment {}", word(0))),
        "UndefinedFragment" => ("UndefinedFragment", format!("Undefined fragment {}", word(0))),
        "UndefinedDirective" => ("UnknownDirective", format!("Unknown directive {}", word(0).trim_start_matches('@'))),
        "DisallowedVariableUsage" => {
            ("VariableTypeMismatch", format!("Variable type '{}' doesn't match expected type '{}'", word(1), word(2)))
        }
        "UndefinedDefinition"
        | "UndefinedTypeInNamedFragmentTypeCondition"
        | "UndefinedTypeInInlineFragmentTypeCondition" => ("UnknownType", format!("Unknown type {}", word(0))),
        "RecursiveFragmentDefinition" => ("FragmentCycle", "Fragment cycles not allowed".to_owned()),
        "AmbiguousAnonymousOperation" => {
            ("LoneAnonymousOperationViolation", "Anonymous operation with other operations.".to_owned())
        }
        "InvalidFragmentSpread" => ("InvalidFragmentType", message.to_owned()),
        "ConflictingFieldType" | "ConflictingFieldName" | "ConflictingFieldArgument" => {
            ("FieldsConflict", message.to_owned())
        }
        "UnsupportedValueType"
        | "IntCoercionError"
        | "FloatCoercionError"
        | "UndefinedEnumValue"
        | "UndefinedInputValue"
        | "RequiredField" => ("WrongType", message.to_owned()),
        _ => ("InvalidSyntax", plain.to_owned()),
    }
}

/// graphql-java's text for a literal that does not fit its argument.
fn wrong_type(
    document: &Document,
    argument: &Node<Argument>,
    at: LineColumn,
    name: &str,
    message: &str,
) -> Option<String> {
    let word = |index: usize| message.split('"').skip(1).step_by(2).nth(index).unwrap_or_default().to_owned();
    let mut path = argument.name.to_string();
    let literal = literal_at(document, &argument.value, at, &mut path);
    let value = java_literal(literal);
    let start = format!("argument '{path}' with value '{value}'");
    match name {
        "UnsupportedValueType" | "IntCoercionError" | "FloatCoercionError" => {
            let ty = message.split(' ').next().unwrap_or_default();
            Some(format!("{start} is not a valid '{ty}'"))
        }
        "UndefinedEnumValue" => Some(format!("{start} is not a valid '{}'", word(1))),
        "UndefinedInputValue" => Some(format!("{start} contains a field not in '{}': '{}'", word(1), word(0))),
        "RequiredField" => {
            let field = word(0).rsplit('.').next().unwrap_or_default().to_owned();
            Some(format!("{start} is missing required fields '[{field}]'"))
        }
        _ => None,
    }
}

/// The innermost literal around a place; its path is added. Recursion follows the text, whose nesting is bounded.
fn literal_at<'d>(document: &Document, literal: &'d Node<Literal>, at: LineColumn, path: &mut String) -> &'d Literal {
    let inner = match &**literal {
        Literal::Object(fields) => fields
            .iter()
            .find(|(_, value)| contains(document, value.location(), at))
            .map(|(name, value)| (format!(".{name}"), value)),
        Literal::List(items) => items
            .iter()
            .enumerate()
            .find(|(_, value)| contains(document, value.location(), at))
            .map(|(index, value)| (format!("[{index}]"), value)),
        _ => None,
    };
    match inner {
        Some((step, value)) => {
            path.push_str(&step);
            literal_at(document, value, at, path)
        }
        None => literal,
    }
}

/// What surrounds a mistake.
#[derive(Default)]
struct Place<'d> {
    /// Names of fields, innermost first; last the fragment's.
    names: Vec<String>,
    /// The innermost field.
    field: Option<&'d Node<Field>>,
    argument: Option<&'d Node<Argument>>,
}

impl<'d> Place<'d> {
    fn find(document: &'d Document, at: LineColumn) -> Self {
        let mut place = Self::default();
        for definition in &document.definitions {
            let (name, selections) = match definition {
                Definition::OperationDefinition(operation) => (None, &operation.selection_set),
                Definition::FragmentDefinition(fragment) => (Some(&fragment.name), &fragment.selection_set),
                _ => continue,
            };
            if place.descend(document, selections, at) {
                place.names.extend(name.map(|name| name.to_string()));
                break;
            }
        }
        place
    }

    /// Recursion follows the text, whose nesting is bounded.
    fn descend(&mut self, document: &'d Document, selections: &'d [Selection], at: LineColumn) -> bool {
        selections.iter().any(|selection| match selection {
            Selection::Field(field) => {
                let inside = contains(document, field.location(), at);
                if inside {
                    self.argument = field.arguments.iter().find(|given| contains(document, given.location(), at));
                    self.descend(document, &field.selection_set, at);
                    self.names.push(field.name.to_string());
                    self.field.get_or_insert(field);
                }
                inside
            }
            Selection::InlineFragment(fragment) => self.descend(document, &fragment.selection_set, at),
            Selection::FragmentSpread(_) => false,
        })
    }

    fn path(&self) -> String {
        let names: Vec<&str> = self.names.iter().rev().map(String::as_str).collect();
        names.join("/")
    }
}

fn span_start(document: &Document, span: Option<SourceSpan>) -> Option<LineColumn> {
    span?.line_column(&document.sources)
}

fn contains(document: &Document, span: Option<SourceSpan>, at: LineColumn) -> bool {
    let key = |place: LineColumn| (place.line, place.column);
    span.and_then(|span| span.line_column_range(&document.sources))
        .is_some_and(|range| key(range.start) <= key(at) && key(at) < key(range.end))
}
