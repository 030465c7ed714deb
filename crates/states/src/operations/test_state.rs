//! [TestState](https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html): tries one state of a
//! definition, without a state machine and without an execution that anybody could look up.

use std::sync::Arc;

use asl::{Data, Definition, Diagnostic, ItemReader, State, StateKind, Variables};
use serde_json::Value;

use super::{
    input::Input,
    json_text::{self, check_size},
};
use crate::{
    Error,
    engine::Shared,
    history::Failure,
    interpreter::{Mock, Setting},
    test_state::{self, GivenMock, Strictness, Trial},
};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let request = Request::read(shared, input)?;
    let (shows_inspection, input) = (request.shows_inspection, request.input.to_owned());
    let trial = request.trial()?;
    let (definition, state) = (trial.definition.clone(), trial.setting.state);
    let (execution, ending) = test_state::run(shared, trial).await?;
    let inspection = execution.inspection().expect("the execution is a trial");
    Ok(test_state::answer(definition.state(state), inspection, ending, shows_inspection.then_some(&*input)))
}

/// The members of the request.
struct Request<'a> {
    definition: &'a str,
    state_name: Option<&'a str>,
    role_arn: Option<&'a str>,
    /// JSON text.
    input: &'a str,
    variables: Option<&'a str>,
    context: Option<&'a str>,
    shows_inspection: bool,
    reveals_secrets: bool,
    mock: Option<GivenMock<'a>>,
    configuration: Configuration<'a>,
}

/// `stateConfiguration`.
#[derive(Default)]
struct Configuration<'a> {
    retries: u64,
    failing_state: Option<&'a str>,
    failed_iterations: u64,
    reader_data: Option<&'a str>,
}

impl<'a> Request<'a> {
    fn read(shared: &Shared, input: &'a Value) -> Result<Self, Error> {
        let limit = shared.limits.bounds.payload_bytes;
        let mut input = Input::new(input)?;
        let request = Self {
            definition: input.required("definition", 1, shared.limits.definition_bytes)?,
            state_name: input.text("stateName", 1, 80)?,
            role_arn: input.text("roleArn", 1, 256)?,
            input: input.text("input", 0, limit)?.unwrap_or("{}"),
            variables: input.text("variables", 0, limit)?,
            context: input.text("context", 0, limit)?,
            shows_inspection: input.choice("inspectionLevel", &["INFO", "DEBUG", "TRACE"], "INFO")? != "INFO",
            reveals_secrets: input.boolean("revealSecrets", false)?,
            mock: input.structure("mock", |mock| read_mock(mock, limit))?,
            configuration: input
                .structure("stateConfiguration", |members| Configuration::read(members, limit))?
                .unwrap_or_default(),
        };
        input.finish()?;
        check_size("input", request.input, limit)?;
        json_text::check(request.input).map_err(Error::InvalidExecutionInput)?;
        Ok(request)
    }

    /// What is to be tried, once every part of the request is known to go with the state.
    fn trial(self) -> Result<Trial, Error> {
        let definition = self.definition()?;
        let state = self.state(&definition)?;
        let role_arn = self.role_arn.map(Arc::from);
        let mock = match self.mock {
            None => {
                test_state::check_unmocked(state, role_arn.as_ref())?;
                None
            }
            Some(_) if self.reveals_secrets => {
                return Err(refused("TestState does not support RevealSecrets when a mock is specified."));
            }
            Some(mock) => Some(mock.check(state)?),
        };
        self.configuration.check(&definition, state, mock.as_ref())?;
        let setting = Setting {
            state: state.id,
            variables: self.variables.map(read_variables).transpose()?.unwrap_or_default(),
            context: self.context.map(test_state::check_context).transpose()?,
            retries: self.configuration.retries,
            mock,
            items: self.configuration.items(state)?,
            failed_iterations: self.configuration.failed_iterations,
        };
        let input = self.input.into();
        Ok(Trial { definition: Arc::new(definition), setting, input, role_arn: role_arn.unwrap_or_default() })
    }

    /// A whole state machine if the request names one of its states, a state alone otherwise.
    fn definition(&self) -> Result<Definition, Error> {
        let parsed = match self.state_name {
            Some(_) => Definition::parse(self.definition),
            None => Definition::parse_state(self.definition),
        };
        parsed.map_err(|found| {
            let first = found.first().map(Diagnostic::to_string);
            Error::InvalidDefinition(first.unwrap_or_else(|| "SCHEMA_VALIDATION_FAILED".to_owned()))
        })
    }

    fn state<'d>(&self, definition: &'d Definition) -> Result<&'d State, Error> {
        match self.state_name {
            Some(name) => definition.state_named(name).ok_or_else(|| refused("State not found in definition")),
            None => Ok(definition.start()),
        }
    }
}

impl<'a> Configuration<'a> {
    fn read(input: &mut Input<'a>, limit: usize) -> Result<Self, Error> {
        Ok(Self {
            retries: input.count("retrierRetryCount")?.unwrap_or(0),
            failing_state: input.text("errorCausedByState", 1, 80)?,
            failed_iterations: input.count("mapIterationFailureCount")?.unwrap_or(0),
            reader_data: input.text("mapItemReaderData", 0, limit)?,
        })
    }

    fn check(&self, definition: &Definition, state: &State, mock: Option<&Mock>) -> Result<(), Error> {
        let iterations = match mock {
            Some(Mock::Result(result)) => result.value().as_array().map(Vec::len),
            _ => None,
        };
        if iterations.is_some_and(|iterations| self.failed_iterations > iterations as u64) {
            let text = "Map iteration failure count must be less than or equal to the number of Map iterations";
            return Err(refused(text));
        }
        match self.failing_state {
            // AWS's words for it are not recorded.
            Some(name) if !is_inside(definition, name, state) => Err(refused("State not found in definition")),
            _ => Ok(()),
        }
    }

    /// A Map's items where an `ItemReader` would read them. Without data there are none.
    fn items(&self, state: &State) -> Result<Option<Vec<Data>>, Error> {
        let StateKind::Map(map) = &state.kind else { return Ok(None) };
        let Some(reader) = &map.item_reader else { return Ok(None) };
        self.reader_data.map_or_else(|| Ok(Vec::new()), |text| read_items(reader, text)).map(Some)
    }
}

/// Whether a state lies in a branch or an iteration of another.
fn is_inside(definition: &Definition, name: &str, outer: &State) -> bool {
    let mut inner = definition.state_named(name);
    while let Some(state) = inner {
        let Some(parent) = definition.machine(state.machine).parent else { return false };
        if parent == outer.id {
            return true;
        }
        inner = Some(definition.state(parent));
    }
    false
}

fn read_mock<'a>(input: &mut Input<'a>, limit: usize) -> Result<GivenMock<'a>, Error> {
    let strictness = match input.choice("fieldValidationMode", &["STRICT", "PRESENT", "NONE"], "STRICT")? {
        "PRESENT" => Strictness::Present,
        "NONE" => Strictness::None,
        _ => Strictness::Strict,
    };
    let failure = input.structure("errorOutput", |error| {
        let (name, cause) = (error.text("error", 0, 256)?, error.text("cause", 0, 32_768)?);
        Ok(Failure { error: name.map(Arc::from), cause: cause.map(Arc::from) })
    })?;
    Ok(GivenMock { result: input.text("result", 0, limit)?, failure, strictness })
}

fn read_variables(text: &str) -> Result<Variables, Error> {
    // AWS's words for it are not recorded.
    let refusal = || refused("Variables must be a valid JSON object");
    let data = Data::parse(text).map_err(|_| refusal())?;
    let members = data.value().as_object().ok_or_else(refusal)?;
    Ok(members.iter().map(|(name, value)| (name.as_str().into(), Data::from_value(value.clone()))).collect())
}

/// The items in the data of an `ItemReader`: a JSON array, where the reader's `ItemsPointer` leads, or lines of JSON.
// AWS differs: it also reads CSV, manifests and Parquet.
fn read_items(reader: &ItemReader, text: &str) -> Result<Vec<Data>, Error> {
    let refusal = || refused("Map item reader data must be a JSON array");
    let parse = |text: &str| Data::parse(text).map_err(|_| refusal());
    let config = reader.config.value();
    match config["InputType"].as_str() {
        None | Some("JSON") => {
            let data = parse(text)?;
            let found = data.value().pointer(config["ItemsPointer"].as_str().unwrap_or_default());
            let items = found.and_then(Value::as_array).ok_or_else(refusal)?;
            Ok(items.iter().cloned().map(Data::from_value).collect())
        }
        Some("JSONL") => text.lines().filter(|line| !line.trim().is_empty()).map(parse).collect(),
        Some(other) => {
            Err(refused(format!("Map item reader data of the InputType {other} is not supported by stepwell")))
        }
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::Validation(why.into())
}
