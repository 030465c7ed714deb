//! `$util.*`, `$utils.*` and `$extensions.*`: the functions of templates alone, and those of [`crate::util`], which
//! take and give JSON.

mod collections;
mod values;

use std::{collections::HashMap, sync::LazyLock};

use serde_json::Value as Json;

use super::{heap::Value, interpreter::Interpreter};
use crate::util::{self, Fault};

/// A function of templates alone: it sees the values themselves. Arguments that were left out are not in the slice.
type Native = fn(&mut Interpreter<'_>, &[Value]) -> Result<Value, Fault>;

/// One file's functions by their paths.
type Table = &'static [(&'static str, Native)];

static NATIVE: LazyLock<HashMap<&str, Native>> =
    LazyLock::new(|| [values::FUNCTIONS, collections::FUNCTIONS].concat().into_iter().collect());

/// The shared functions that templates have: those below `util` and `extensions`.
static SHARED: LazyLock<HashMap<&str, util::Function>> = LazyLock::new(|| {
    util::functions().filter(|(path, _)| path.starts_with("util.") || path.starts_with("extensions.")).collect()
});

/// Functions without a result: they print nothing.
const SILENT: [&str; 3] = ["extensions.", "util.appendError", "util.http.addResponseHeader"];

/// Calls the function at `path`.
pub(super) fn call(run: &mut Interpreter<'_>, path: &str, arguments: &[Value]) -> Result<Value, Fault> {
    if let Some(native) = NATIVE.get(path) {
        return native(run, arguments);
    }
    if let Some(shared) = SHARED.get(path) {
        let answer = call_shared(run, *shared, arguments)?;
        if answer.is_null() && SILENT.iter().any(|silent| path.starts_with(silent)) {
            return Ok(Value::text(""));
        }
        return run.value(&answer).map_err(Fault::Code);
    }
    // `$util.dynamodb.toStringJson` gives what `$util.dynamodb.toString` gives, as JSON text.
    let twin = path.strip_suffix("Json").filter(|path| path.starts_with("util.dynamodb."));
    let Some(shared) = twin.and_then(|path| SHARED.get(path)) else {
        return Err(Fault::code(format!("there is no function ${path}")));
    };
    let text = call_shared(run, *shared, arguments)?.to_string();
    run.new_text(text).map(Value::Text).map_err(Fault::Code)
}

fn call_shared(run: &mut Interpreter<'_>, function: util::Function, arguments: &[Value]) -> Result<Json, Fault> {
    let arguments: Result<Vec<_>, _> = arguments.iter().map(|argument| run.json(argument)).collect();
    run.check_time().map_err(Fault::Code)?;
    function(&mut run.scope, &arguments.map_err(Fault::Code)?)
}

/// The argument at `index`; null where it was left out.
fn argument(arguments: &[Value], index: usize) -> Value {
    arguments.get(index).cloned().unwrap_or(Value::Null)
}
