//! VTL: Apache Velocity as AppSync's mapping templates have it.
//!
//! A template is read once by [`parser`] into its [`syntax`]; each evaluation runs it in an [`interpreter`] over a
//! [`heap`] of Java-like values, with their [`methods`] and the [`functions`] of `$util`. What a template prints must
//! be JSON: that is the request or the result. What the versions of templates mean for a resolver is not here.

mod comparison;
mod conversion;
mod functions;
mod heap;
mod interpreter;
mod methods;
mod parser;
mod syntax;

use std::sync::Arc;

use serde_json::Value as Json;

use self::{
    interpreter::{Halt, Interpreter, Outcome},
    parser::SyntaxError,
    syntax::{Block, Offset},
};
use crate::{
    CompileError, Context, End, Evaluation, Handler, Handlers, Limits, Problem, RaisedError, Runtime, Source,
    Templates, util::Scope,
};

/// One mapping template, bytes (AppSync quota: 64 KiB).
const TEMPLATE_BYTES: usize = 64 << 10;
/// `errorType` of a template that fails, or whose output is no JSON.
const MAPPING_TEMPLATE: &str = "MappingTemplate";

/// The language of mapping templates.
#[derive(Debug, Clone, Default)]
pub struct Vtl {
    limits: Limits,
}

impl Vtl {
    /// A language with these bounds for each template.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// Compiles the two templates of a resolver or function.
    ///
    /// # Errors
    /// What is wrong with the first that does not parse, with its position.
    pub fn compile(&self, templates: &Templates) -> Result<Arc<dyn Handlers>, CompileError> {
        Ok(Arc::new(Compiled {
            request: Template::parse(&templates.request)?,
            response: Template::parse(&templates.response)?,
            limits: self.limits,
        }))
    }
}

/// A template, ready to run.
#[derive(Debug)]
struct Template {
    source: Source,
    block: Block,
}

#[derive(Debug)]
struct Compiled {
    request: Template,
    response: Template,
    limits: Limits,
}

impl Handlers for Compiled {
    fn runtime(&self) -> Runtime {
        Runtime::Templates
    }

    fn invoke(&self, handler: Handler, context: &Context) -> Evaluation {
        let template = match handler {
            Handler::Request => &self.request,
            Handler::Response => &self.response,
        };
        template.evaluate(handler, context, self.limits)
    }
}

impl Template {
    fn parse(source: &Source) -> Result<Self, CompileError> {
        let source = source.clone();
        if source.code.len() > TEMPLATE_BYTES {
            let message = format!("the template is larger than {TEMPLATE_BYTES} bytes");
            return Err(CompileError::new(source.name, Problem::new(1, 1, message)));
        }
        match parser::parse(&source.code) {
            Ok(block) => Ok(Self { source, block }),
            Err(SyntaxError { at, message }) => {
                let (line, column) = position(&source.code, at);
                Err(CompileError::new(source.name, Problem::new(line, column, message)))
            }
        }
    }

    fn evaluate(&self, handler: Handler, context: &Context, limits: Limits) -> Evaluation {
        let in_request = handler == Handler::Request;
        let scope = Scope::new(context.now_millis, context.seed, context.auth_type, in_request);
        let mut run = Interpreter::new(context, scope, limits);
        let end = match run.run(&self.block) {
            Ok(Outcome::Text(output)) => document(&output, handler),
            Ok(Outcome::Returned(value)) => returned(value, in_request),
            Err(Halt::End(end)) => *end,
            Err(Halt::Wrong { at, message }) => self.failed(&mut run.scope, at, &message),
        };
        let left = run.stash().and_then(|stash| Ok((stash, run.changed_arguments()?)));
        let (end, (stash, changed_arguments)) = match left {
            Ok(left) => (end, left),
            Err(message) => (self.failed(&mut run.scope, 0, &message), (None, None)),
        };
        Evaluation {
            end,
            stash: stash.unwrap_or_else(|| context.stash.clone()),
            changed_arguments,
            appended_errors: run.scope.appended_errors,
            logs: run.scope.logs,
            response_headers: run.scope.response_headers,
            extensions: run.scope.extensions,
        }
    }

    /// An error at a place in the template, in the form recorded on AWS; the log also names the file.
    fn failed(&self, scope: &mut Scope, at: Offset, message: &str) -> End {
        let (line, column) = position(&self.source.code, at);
        scope.log(format!("{}:{line}:{column}: {message}", self.source.name));
        mapping_template(format!("{message} at velocity[line {line}, column {column}]"))
    }
}

/// The JSON that a template has printed.
///
/// AWS differs: the detail of a parser's message is Java's there. The sentences around it are recorded on AWS, save the
/// one for a template that prints nothing.
fn document(output: &str, handler: Handler) -> End {
    if output.trim().is_empty() {
        return mapping_template("Template transformation yielded an empty response.".into());
    }
    match (serde_json::from_str(output), handler) {
        (Ok(value), _) => End::Returned(Some(value)),
        (Err(error), Handler::Request) => mapping_template(format!("Unable to parse the JSON document: '{error}'")),
        (Err(_), Handler::Response) => mapping_template(format!("Unable to convert {output} to Object.")),
    }
}

/// `#return(value)`: text that is JSON stands for its value, as `$util.toJson` makes it.
fn returned(value: Json, in_request: bool) -> End {
    let value = match value {
        Json::String(text) => serde_json::from_str(&text).unwrap_or(Json::String(text)),
        other => other,
    };
    if in_request {
        return End::EarlyReturn { value: Some(value), skip_to_end: false };
    }
    End::Returned(Some(value))
}

fn mapping_template(message: String) -> End {
    End::Raised(RaisedError { message, kind: Some(MAPPING_TEMPLATE.into()), data: None, info: None })
}

/// Line and column of an offset, 1-based, columns in characters.
fn position(text: &str, at: Offset) -> (u32, u32) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
