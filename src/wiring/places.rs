//! Mistakes in code that stands in the template itself, at their lines and columns of the template.

use std::collections::HashMap;

use appsync::Diagnostic;
use template::Source;

/// The diagnostics of an API that is made of these texts, each at its place in a file.
pub(super) fn in_files(mut diagnostics: Vec<Diagnostic>, texts: &[&Source]) -> Vec<Diagnostic> {
    let by_name: HashMap<String, &Source> = texts.iter().map(|text| (text.name(), *text)).collect();
    for found in diagnostics.iter_mut().filter(|found| found.line > 0) {
        if let Some(text) = by_name.get(&found.file) {
            found.file = text.path.display().to_string();
            (found.line, found.column) = text.place(found.line, found.column);
        }
    }
    diagnostics
}

#[cfg(test)]
mod tests {
    use template::Layout;

    use super::*;

    #[test]
    fn lines_of_code_become_lines_of_the_template() {
        let text = |first_line, layout| Source { path: "t.yaml".into(), first_line, layout, text: "a".into() };
        let (block, value) = (text(10, Layout::Lines { indent: 8 }), text(20, Layout::Value { column: 5 }));
        let found = |file: &str, line, column| Diagnostic { file: file.into(), line, column, message: "m".into() };
        let diagnostics =
            vec![found("t.yaml:10", 2, 3), found("t.yaml:20:5", 2, 3), found("other.js", 2, 3), found("Api", 0, 0)];
        let expected =
            vec![found("t.yaml", 11, 11), found("t.yaml", 20, 5), found("other.js", 2, 3), found("Api", 0, 0)];
        assert_eq!(in_files(diagnostics, &[&block, &value]), expected);
    }
}
