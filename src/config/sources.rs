//! Where settings come from: the file, the environment, and the record of which one won.

use std::{fmt, fs, io, path::Path};

use super::{Config, FILE, Layer};

/// A value and where it came from: `default`, a file, a variable or a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) source: String,
}

impl<T> Sourced<T> {
    pub(super) fn new(value: T, source: &str) -> Self {
        Self { value, source: source.to_owned() }
    }

    pub(super) fn default(value: T) -> Self {
        Self::new(value, "default")
    }

    pub(super) fn set(&mut self, value: Option<T>, source: &str) {
        if let Some(value) = value {
            *self = Self::new(value, source);
        }
    }
}

/// A setting that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("read {path}: {cause}")]
    Read { path: String, cause: io::Error },
    #[error("{path}: {cause}")]
    Parse { path: String, cause: toml::de::Error },
    #[error("{variable}={value}: {expected}")]
    Variable { variable: String, value: String, expected: String },
    #[error("{0}")]
    Impossible(String),
}

/// Defaults, then `file` (or [`FILE`] when it exists), then `variables`, then `flags`.
pub(crate) fn load(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (String, String)>,
    flags: Layer,
) -> Result<Config, Error> {
    let mut config = Config::default();
    let path = file.unwrap_or(Path::new(FILE));
    if file.is_some() || path.exists() {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|cause| Error::Read { path: name.clone(), cause })?;
        let layer = toml::from_str(&text).map_err(|cause| Error::Parse { path: name.clone(), cause })?;
        config.apply(layer, &name);
    }
    for (variable, value) in variables {
        // OpenTelemetry's own name for it; ours goes over it.
        if variable == OTLP_ENDPOINT && !value.is_empty() && config.otlp_endpoint.value.is_none() {
            config.otlp_endpoint.set(Some(Some(value.clone())), &variable);
        }
        if let Some(name) = variable.strip_prefix("STEPWELL_") {
            config.apply(from_variable(&variable, name, value)?, &variable);
        }
    }
    config.apply(flags, "flag");
    config.validate().map_err(Error::Impossible)?;
    Ok(config)
}

/// Where OpenTelemetry's collector is, as all programs are told.
const OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Variables that steer tools around stepwell, not stepwell itself.
const NOT_SETTINGS: [&str; 2] = ["LOG", "CONFIG"];

fn from_variable(variable: &str, name: &str, value: String) -> Result<Layer, Error> {
    let mut layer = Layer::default();
    if NOT_SETTINGS.contains(&name) {
        return Ok(layer);
    }
    if let Some(parameter) = name.strip_prefix("PARAMETER_") {
        layer.parameters.insert(parameter.to_owned(), value);
        return Ok(layer);
    }
    // Every setting's value, written as a line of the file, so that both are read by the same rules.
    let key = name.to_ascii_lowercase();
    let bare = format!("{key} = {value}");
    // A JSON text is a TOML text, too.
    let quoted = format!("{key} = {}", serde_json::Value::from(value.as_str()));
    toml::from_str(&bare).or_else(|_| toml::from_str(&quoted)).map_err(|cause| Error::Variable {
        variable: variable.to_owned(),
        value,
        expected: first_line(cause.message()),
    })
}

fn first_line(text: impl fmt::Display) -> String {
    text.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_environment_sets_numbers_texts_and_parameters() {
        let given = [("STEPWELL_PORT", "0"), ("STEPWELL_REGION", "eu-west-1"), ("STEPWELL_PARAMETER_OidcIssuer", "x")];
        let config = load(None, variables(&given), Layer::default()).expect("valid");
        assert_eq!(config.port, Sourced::new(0, "STEPWELL_PORT"));
        assert_eq!(config.region.value, "eu-west-1");
        assert_eq!(config.parameters["OidcIssuer"].value, "x");
    }

    #[test]
    fn an_unreadable_variable_is_named() {
        let error = load(None, variables(&[("STEPWELL_PORT", "many")]), Layer::default()).expect_err("no number");
        assert!(error.to_string().starts_with("STEPWELL_PORT=many: "), "{error}");
        let error = load(None, variables(&[("STEPWELL_PROT", "1")]), Layer::default()).expect_err("no setting");
        assert!(error.to_string().contains("unknown field `prot`"), "{error}");
    }

    #[test]
    fn flags_win_over_the_environment() {
        let flags = Layer { port: Some(7), ..Layer::default() };
        let config = load(None, variables(&[("STEPWELL_PORT", "1")]), flags).expect("valid");
        assert_eq!(config.port, Sourced::new(7, "flag"));
    }
}
