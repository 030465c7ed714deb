//! One evaluation: an expression and all that it may read.

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
    /// The members of `$states` that there are.
    pub(crate) fn states(&self) -> impl Iterator<Item = (&'static str, &'a Data)> + use<'a> {
        let scope = self.scope;
        let members = [
            ("input", Some(scope.input)),
            ("context", Some(scope.context.data())),
            ("result", scope.result),
            ("errorOutput", scope.error_output),
        ];
        members.into_iter().filter_map(|(name, data)| Some((name, data?)))
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
