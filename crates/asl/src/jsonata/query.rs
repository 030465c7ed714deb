//! One evaluation: an expression and all that it may read.

use super::reads::Reads;
use crate::data::Data;
use crate::scope::Scope;

/// An expression and its scope.
pub(crate) struct Query<'a> {
    pub(crate) source: &'a str,
    /// `$` at the top level. Step Functions leaves it undefined.
    pub(crate) root: Option<&'a Data>,
    pub(crate) scope: &'a Scope<'a>,
}

impl<'a> Query<'a> {
    /// The members of `$states` that there are and that the expression may read.
    pub(crate) fn states(&self) -> impl Iterator<Item = (&'static str, &'a Data)> + use<'a> {
        let (scope, reads) = (self.scope, Reads::of(self.source));
        let context = reads.reads("context").then(|| match reads.only_map {
            true => scope.context.with_member("Map"),
            false => scope.context.data(),
        });
        let members = [
            ("input", Some(scope.input)),
            ("context", context),
            ("result", scope.result),
            ("errorOutput", scope.error_output),
        ];
        members.into_iter().filter_map(move |(name, data)| Some((name, data.filter(|_| reads.reads(name))?)))
    }

    /// Everything that the expression sees by a `$name`, as one JSON object.
    pub(crate) fn bindings(&self) -> String {
        let mut text = String::from("{\"states\":{");
        let mut separator = "";
        for (name, data) in self.states() {
            text.push_str(&format!("{separator}\"{name}\":{}", data.text()));
            separator = ",";
        }
        text.push('}');
        for (name, data) in self.scope.variables {
            text.push_str(&format!(",{}:{}", serde_json::Value::from(&**name), data.text()));
        }
        text.push('}');
        text
    }
}
