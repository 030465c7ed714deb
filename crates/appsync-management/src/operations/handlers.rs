//! What resolvers and functions have in common: their code is compiled before anything is kept.

use resolver::{CompileError, Language, Problem, ProblemKind, Source, Templates, javascript::JavaScript, vtl::Vtl};

use crate::{Error, error::CodeError, input, limits, records::Handler};

/// What the code is called in messages.
pub(super) const CODE: &str = "code.js";

/// Compiles the code or the templates.
///
/// # Errors
/// `Code` with the place of what is wrong in JavaScript; `BadRequest` for templates, and for code without a runtime.
pub(super) fn check(handler: &Handler) -> Result<(), Error> {
    if let Some(code) = &handler.code {
        if handler.runtime.is_none() {
            return Err(Error::bad("Code not supported when using templates."));
        }
        if handler.request_mapping_template.is_some() || handler.response_mapping_template.is_some() {
            return Err(Error::bad("Mapping templates are not supported when using a runtime."));
        }
        input::check_length(code, "code", limits::CODE_CHARS)?;
        return compile(code).map(drop).map_err(Error::Code);
    }
    if handler.runtime.is_some() {
        return Err(Error::bad("Code is required when using a runtime."));
    }
    let text = |template: &Option<String>| template.clone().unwrap_or_default();
    for (template, member) in [
        (&handler.request_mapping_template, "requestMappingTemplate"),
        (&handler.response_mapping_template, "responseMappingTemplate"),
    ] {
        input::check_length(template.as_deref().unwrap_or_default(), member, limits::TEMPLATE_CHARS)?;
    }
    let templates = Templates {
        request: source("requestMappingTemplate", &text(&handler.request_mapping_template)),
        response: source("responseMappingTemplate", &text(&handler.response_mapping_template)),
    };
    Vtl::default().compile(&templates).map(drop).map_err(|error| Error::BadRequest(error.to_string()))
}

/// The code in the dialect of APPSYNC_JS 1.0.0.
pub(super) fn compile(code: &str) -> Result<std::sync::Arc<dyn resolver::Handlers>, Vec<CodeError>> {
    JavaScript::default().compile(&source(CODE, code)).map_err(|error| code_errors(&error))
}

/// Checks the code of a channel namespace, in the same dialect.
pub(super) fn compile_events(code: &str) -> Result<(), Vec<CodeError>> {
    JavaScript::default().compile_events(&source(CODE, code)).map(drop).map_err(|error| code_errors(&error))
}

pub(super) fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), code: text.to_owned() }
}

fn code_errors(error: &CompileError) -> Vec<CodeError> {
    error.problems().map(code_error).collect()
}

/// AWS differs: its texts, and which kinds it has besides `PARSER_ERROR`, are not recorded.
fn code_error(problem: &Problem) -> CodeError {
    let kind = match problem.kind {
        ProblemKind::Unsupported => "UNSUPPORTED_SYNTAX_USAGE",
        ProblemKind::Code => "PARSER_ERROR",
    };
    let Problem { line, column, span, .. } = *problem;
    CodeError { kind, value: problem.message.clone(), line, column, span }
}
