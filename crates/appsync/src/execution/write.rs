//! The second pass: the response's bytes in the order of the selection, nulls going up to the nearest field that
//! may be null, errors in AppSync's form.

use apollo_compiler::response::JsonMap;
use auth::Identity;
use resolver::RaisedError;
use serde_json::Value;

use super::{
    Fetched,
    fetch::{Child, Children},
    path::Path,
    project::filter,
};
use crate::{
    GraphqlError,
    authorization::denial,
    error::Details,
    limits,
    pipeline::Raised,
    plan::{Field, Fields, Origin, Plan, Selection},
    schema::{
        Shape,
        leaf::{Leaf, write_json},
    },
};

/// Writes one response.
pub(crate) struct Writer<'a> {
    identity: &'a Identity,
    introspection: &'a JsonMap,
    fetched: &'a Fetched,
    out: Vec<u8>,
    errors: Vec<GraphqlError>,
    too_large: bool,
}

/// A written response.
pub(crate) struct Output {
    /// `{"data": ..., "errors"?: [...]}`.
    pub(crate) body: Vec<u8>,
    pub(crate) errors: Vec<GraphqlError>,
    /// For each field of the root: whether it was written and is not null.
    pub(crate) present: Vec<bool>,
}

/// Whether a value was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Value,
    /// Nothing was appended: the value is null, and an error says why if `reported`.
    Null {
        reported: bool,
    },
}

const REPORTED: Written = Written::Null { reported: true };
const NULL: Written = Written::Null { reported: false };

impl<'a> Writer<'a> {
    pub(crate) fn new(
        identity: &'a Identity,
        introspection: &'a JsonMap,
        fetched: &'a Fetched,
        errors: Vec<GraphqlError>,
    ) -> Self {
        Self { identity, introspection, fetched, out: Vec::with_capacity(1024), errors, too_large: false }
    }

    /// Writes the whole response.
    pub(crate) fn response(mut self, plan: &Plan, source: &Value) -> Output {
        self.out.extend_from_slice(br#"{"data":"#);
        let start = self.out.len();
        let mut present = Vec::with_capacity(plan.root.fields.len());
        let fetched = self.fetched;
        let written = self.fields(&plan.root, source, &fetched.root, &Path::Root, &mut |written| {
            present.push(written == Written::Value);
        });
        if self.too_large {
            self.out.truncate(start);
            self.errors = vec![GraphqlError::of_request(
                "ResponseSizeLimitExceeded",
                format!("The response is larger than {} bytes.", limits::RESPONSE_BYTES),
            )];
        }
        if written != Written::Value || self.too_large {
            self.out.extend_from_slice(b"null");
            present.clear();
        }
        if !self.errors.is_empty() {
            let errors: Vec<_> = self.errors.iter().map(GraphqlError::to_json).collect();
            self.out.extend_from_slice(br#","errors":"#);
            write_json(&mut self.out, &Value::Array(errors));
        }
        self.out.push(b'}');
        Output { body: self.out, errors: self.errors, present }
    }

    /// Writes an object. Recursion follows the plan, whose depth is bounded.
    fn fields(
        &mut self,
        fields: &Fields,
        source: &Value,
        children: &Children,
        path: &Path<'_>,
        each: &mut dyn FnMut(Written),
    ) -> Written {
        let start = self.out.len();
        self.out.push(b'{');
        for (position, field) in fields.fields.iter().enumerate() {
            if position > 0 {
                self.out.push(b',');
            }
            self.out.push(b'"');
            self.out.extend_from_slice(field.key.as_bytes());
            self.out.extend_from_slice(b"\":");
            let path = Path::Key(path, &field.key);
            let written = self.field(field, source, children.field(position), &path);
            each(written);
            if written != Written::Value {
                if matches!(field.shape, Shape::NonNull(_)) {
                    self.out.truncate(start);
                    return REPORTED;
                }
                self.out.extend_from_slice(b"null");
            }
            if self.out.len() > limits::RESPONSE_BYTES {
                self.too_large = true;
                self.out.truncate(start);
                return REPORTED;
            }
        }
        self.out.push(b'}');
        Written::Value
    }

    fn field(&mut self, field: &Field, source: &Value, child: Option<&Child>, path: &Path<'_>) -> Written {
        if let Some((error_type, message)) = self.refusal(field) {
            return self.fail(field, path, message, Details::of_type(error_type));
        }
        let property = || source.get(field.name.as_str()).unwrap_or(&Value::Null);
        match (&field.origin, child) {
            (Origin::Typename, _) => {
                write_json(&mut self.out, &Value::from(field.parent.as_str()));
                Written::Value
            }
            (Origin::Introspection, _) => self.introspected(field),
            (_, Some(Child::Resolved(slot))) => self.resolved(field, *slot, path),
            (Origin::Resolver(_), Some(Child::Beyond)) => {
                let message = format!("Resolver execution limit of {} reached.", self.fetched.resolver_limit);
                self.fail(field, path, message, Details::of_type("ResolverExecutionLimitReached"))
            }
            (_, Some(Child::Beyond)) => self.value(&field.shape, property(), &Children::Beyond, field, path),
            (_, Some(Child::Nested(children))) => self.value(&field.shape, property(), children, field, path),
            (_, None) => self.value(&field.shape, property(), &Children::None, field, path),
        }
    }

    fn resolved(&mut self, field: &Field, slot: usize, path: &Path<'_>) -> Written {
        let fetched = self.fetched;
        let Some(resolved) = fetched.outcome(slot) else { return NULL };
        for error in &resolved.appended {
            self.fail(field, path, error.message.clone(), details(field, error));
        }
        match &resolved.result {
            Ok(value) => self.value(&field.shape, value, &resolved.children, field, path),
            Err(raised) => self.raised(field, path, raised),
        }
    }

    /// Why a field may not be read at all.
    fn refusal(&self, field: &Field) -> Option<(&'static str, String)> {
        if field.too_deep {
            return Some(("QueryDepthLimitReached", "Query depth limit reached.".to_owned()));
        }
        let allowed = field.rule.allows(self.identity, &field.parent, &field.name);
        (!allowed).then(|| ("Unauthorized", denial(&field.name, &field.parent)))
    }

    fn introspected(&mut self, field: &Field) -> Written {
        match self.introspection.get(field.key.as_str()).filter(|value| !value.is_null()) {
            Some(value) => {
                serde_json::to_writer(&mut self.out, value).expect("a Vec accepts every write");
                Written::Value
            }
            None => NULL,
        }
    }

    fn raised(&mut self, field: &Field, path: &Path<'_>, raised: &Raised) -> Written {
        match raised {
            Raised::Error(error) => self.fail(field, path, error.message.clone(), details(field, error)),
            // The return type's name, where a directive's denial has the parent's (recorded on AWS).
            Raised::Unauthorized => {
                let message = denial(&field.name, field.type_name());
                self.fail(field, path, message, Details::of_type("Unauthorized"))
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, children: &Children, field: &Field, path: &Path<'_>) -> Written {
        match shape {
            Shape::NonNull(inner) => {
                let written = self.value(inner, value, children, field, path);
                if written == NULL {
                    self.null_violation(inner, field, path);
                    return REPORTED;
                }
                written
            }
            _ if value.is_null() => NULL,
            Shape::List(item) => match value {
                Value::Array(items) => self.list(item, items, children, field, path),
                other => self.mismatch(path, "LIST", other),
            },
            Shape::Leaf(leaf) => self.leaf(leaf, value, path),
            Shape::Composite(ty) => self.composite(ty, value, children, field, path),
        }
    }

    fn list(&mut self, shape: &Shape, items: &[Value], children: &Children, field: &Field, path: &Path<'_>) -> Written {
        let start = self.out.len();
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            let path = Path::Index(path, index);
            if self.value(shape, item, children.item(index), field, &path) != Written::Value {
                if matches!(shape, Shape::NonNull(_)) || self.too_large {
                    self.out.truncate(start);
                    return REPORTED;
                }
                self.out.extend_from_slice(b"null");
            }
        }
        self.out.push(b']');
        Written::Value
    }

    fn leaf(&mut self, leaf: &Leaf, value: &Value, path: &Path<'_>) -> Written {
        match leaf.write(value, &mut self.out) {
            Ok(()) => Written::Value,
            Err(reason) => self.complete_error(path, format!("Can't serialize value ({path}) : {reason}")),
        }
    }

    fn composite(&mut self, ty: &str, value: &Value, children: &Children, field: &Field, path: &Path<'_>) -> Written {
        if !value.is_object() {
            return self.mismatch(path, "OBJECT", value);
        }
        match &field.selection {
            Some(Selection::Object(fields)) => self.fields(fields, value, children, path, &mut |_| {}),
            Some(Selection::Abstract(possible)) => {
                let name = value.get("__typename").and_then(Value::as_str).unwrap_or_default();
                match possible.fields(name) {
                    Ok(Some(fields)) => self.fields(&fields, value, children, path, &mut |_| {}),
                    Ok(None) => {
                        let Field { parent, name, .. } = field;
                        let message = format!(
                            "Can't resolve '{path}'. Abstract type '{ty}' must resolve to an Object type at runtime for field '{parent}.{name}'. Could not determine the exact type of '{ty}'"
                        );
                        self.complete_error(path, message)
                    }
                    Err(error) => self.complete_error(path, error.0.message),
                }
            }
            None => NULL,
        }
    }

    /// The text DataStore looks for; lists have no name there, which graphql-java prints as null [M].
    fn null_violation(&mut self, shape: &Shape, field: &Field, path: &Path<'_>) {
        let ty = if matches!(shape, Shape::List(_)) { "null" } else { field.type_name() };
        let parent = &field.parent;
        let message = format!("Cannot return null for non-nullable type: '{ty}' within parent '{parent}' ({path})");
        self.complete_error(path, message);
    }

    fn mismatch(&mut self, path: &Path<'_>, expected: &str, got: &Value) -> Written {
        let got = match got {
            Value::Array(_) => "LIST",
            Value::Object(_) => "OBJECT",
            Value::String(_) => "STRING",
            Value::Number(_) => "NUMBER",
            Value::Bool(_) => "BOOLEAN",
            Value::Null => "NULL",
        };
        let message =
            format!("Can't resolve value ({path}) : type mismatch error, expected type {expected}, got {got}");
        self.complete_error(path, message)
    }

    /// An error of completion: path and message only.
    fn complete_error(&mut self, path: &Path<'_>, message: String) -> Written {
        self.push(GraphqlError { path: Some(path.segments()), locations: None, message, details: None });
        REPORTED
    }

    /// An error of a resolver or of authorization: all six keys.
    fn fail(&mut self, field: &Field, path: &Path<'_>, message: String, details: Details) -> Written {
        let locations = Some(vec![field.location]);
        self.push(GraphqlError { path: Some(path.segments()), locations, message, details: Some(Box::new(details)) });
        REPORTED
    }

    fn push(&mut self, error: GraphqlError) {
        if self.errors.len() < limits::RESPONSE_ERRORS {
            self.errors.push(error);
        }
    }
}

fn details(field: &Field, error: &RaisedError) -> Details {
    Details {
        error_type: error.kind.clone(),
        error_info: error.info.clone().unwrap_or_default(),
        data: error.data.as_ref().map(|data| filter(field, data)).unwrap_or_default(),
    }
}
