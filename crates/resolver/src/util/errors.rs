//! `util.error`, `util.appendError`, `util.unauthorized`, `util.authType` and `runtime.earlyReturn`.

use serde_json::Value;

use super::{Fault, Function, Scope, argument, end, present, text_of};
use crate::evaluation::{End, RaisedError};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.error", error),
    ("util.appendError", append_error),
    ("util.unauthorized", |_, _| Err(end(End::Unauthorized))),
    ("util.authType", |scope, _| Ok(scope.auth_type.into())),
    ("runtime.earlyReturn", early_return),
];

fn error(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    Err(end(End::Raised(raised(arguments))))
}

fn append_error(scope: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    scope.append_error(raised(arguments)).map(|()| Value::Null)
}

/// `(message, errorType?, data?, errorInfo?)`.
fn raised(arguments: &[Value]) -> RaisedError {
    RaisedError {
        message: present(argument(arguments, 0)).map_or_else(String::new, |message| text_of(&message)),
        kind: present(argument(arguments, 1)).map(|kind| text_of(&kind)),
        data: present(argument(arguments, 2)),
        info: present(argument(arguments, 3)),
    }
}

fn early_return(scope: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    if !scope.in_request {
        return Err(Fault::code("runtime.earlyReturn can only be called in a request handler"));
    }
    let skip_to = &argument(arguments, 1)["skipTo"];
    let skip_to_end = match skip_to.as_str() {
        Some("END") => true,
        Some("NEXT") => false,
        None if skip_to.is_null() => false,
        _ => return Err(Fault::code("runtime.earlyReturn expects skipTo to be END or NEXT")),
    };
    Err(end(End::EarlyReturn { value: arguments.first().cloned(), skip_to_end }))
}
