//! The one entrance: a template's path in, an [`Application`] or everything that is wrong with it out.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use indexmap::IndexMap;

use crate::{
    application::{self, Application},
    assets::Assets,
    diagnostic::{Diagnostic, Report},
    nested::Loading,
    parse,
    pseudo::Stack,
    source::{Files, SourceFile},
    template,
    values::Values,
};

/// What `aws cloudformation deploy` would be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// For example `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// Part of the names that the template does not give.
    pub stack_name: String,
    /// Values that take the place of the parameters' defaults.
    pub parameters: IndexMap<String, String>,
}

/// A template that can be run.
#[derive(Debug)]
pub struct Loaded {
    /// Its resources.
    pub application: Application,
    /// What will be other than on AWS.
    pub warnings: Vec<Diagnostic>,
}

/// Why a template cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The template.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// It is wrong: at least one of these is an error.
    #[error("{}", Rendered(.0))]
    Invalid(Vec<Diagnostic>),
}

struct Rendered<'a>(&'a [Diagnostic]);

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            write!(f, "{}{diagnostic}", if index == 0 { "" } else { "\n\n" })?;
        }
        Ok(())
    }
}

/// Loads the template at `path` and the files it names.
///
/// # Errors
/// [`Error::Unreadable`] for the template itself; everything else that is wrong, in one list, as [`Error::Invalid`].
pub fn load(path: &Path, options: &Options, values: &dyn Values, files: &dyn Files) -> Result<Loaded, Error> {
    let text = files.read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    let file = SourceFile::new(path.to_owned(), text);
    let mut report = Report::new(file.clone());
    let application = application(&file, options, values, files, &mut report);
    match application {
        Some(application) if !report.has_errors() => Ok(Loaded { application, warnings: report.diagnostics }),
        _ => Err(Error::Invalid(report.diagnostics)),
    }
}

fn application(
    file: &SourceFile,
    options: &Options,
    values: &dyn Values,
    files: &dyn Files,
    report: &mut Report,
) -> Option<Application> {
    let root = report.take(parse::parse(&file.text, 0))?;
    let stack = Stack::new(options);
    let assets = Assets::of(&file.path, files);
    let loading = Loading::new(values, &assets);
    let resolved = template::resolve(&root, &options.parameters, &stack, &loading, report)?;
    Some(application::assemble(resolved, &stack, &assets, report))
}
