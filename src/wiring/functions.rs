//! `AWS::Lambda::Function`: who runs each function. In this order: its own entry in the settings, the Lambda elsewhere
//! that the settings name for all, and a local process when the code is in a folder and its interpreter is on `PATH`.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::lambda::{Command, DEFAULT_CONCURRENCY, DEFAULT_TIMEOUT_SECONDS, Elsewhere, Function, Interpreter, Lambda, Run};
use aws_protocol::{Directory, sigv4};
use clock::Clock;
use template::{LambdaCode, LambdaFunction};

use super::{Error, partition};
use crate::{
    backends::{
        lambda::Functions,
        signed::{Endpoint, Signed},
    },
    config::{
        Backend, Config,
        lambda::{Function as Settings, Protocol},
    },
};

/// Where the functions find the rest of this server, and what they sign with.
pub(super) struct Surroundings<'a> {
    pub(super) endpoint_url: &'a str,
    pub(super) credentials: &'a sigv4::Credentials,
    pub(super) client: &'a Arc<Signed>,
}

/// Registers who serves `lambda`.
pub(super) fn start(
    config: &Config,
    functions: &[LambdaFunction],
    surroundings: &Surroundings<'_>,
    clock: Arc<dyn Clock>,
    services: &Directory,
) -> Result<Lambda, Error> {
    let keys = surroundings.credentials;
    let planner = Planner { config, client: surroundings.client.clone() };
    let mut settings: HashMap<&str, &Settings> =
        config.lambda.functions.iter().map(|(name, settings)| (name.as_str(), settings)).collect();
    let mut known = Vec::new();
    for function in functions {
        let own = settings.remove(&*function.name).or_else(|| settings.remove(&*function.logical_id));
        known.push(planner.of_template(function, own)?);
    }
    known.extend(settings.into_iter().map(|(name, settings)| planner.of_settings(name, settings)));
    let lambda_config = ::lambda::Config {
        partition: partition(config),
        endpoint_url: surroundings.endpoint_url.to_owned(),
        access_key_id: keys.access_key_id.clone(),
        secret_access_key: keys.secret_access_key.clone(),
    };
    let lambda = Lambda::new(lambda_config, clock, known, planner.others());
    services.register(Arc::new(lambda.clone()));
    Ok(lambda)
}

struct Planner<'a> {
    config: &'a Config,
    client: Arc<Signed>,
}

impl Planner<'_> {
    fn of_template(&self, function: &LambdaFunction, own: Option<&Settings>) -> Result<Function, Error> {
        let none = Settings::default();
        let own = own.unwrap_or(&none);
        let (folder, run) = match (self.configured(own), self.others()) {
            (Some(run), _) => (code_folder(function), run),
            (None, Some(others)) => (None, Run::Elsewhere(others)),
            (None, None) => self.local(function)?,
        };
        let mut environment: BTreeMap<String, String> = function.environment.clone().into_iter().collect();
        environment.extend(own.environment.clone());
        Ok(Function {
            name: function.name.clone(),
            run,
            timeout_seconds: own.timeout_seconds.unwrap_or(function.timeout_seconds),
            memory_megabytes: function.memory_megabytes,
            handler: own.handler.clone().unwrap_or_else(|| function.handler.clone()),
            environment,
            folder: absolute(own.folder.clone().or(folder)),
            concurrency: own.concurrency.unwrap_or(DEFAULT_CONCURRENCY),
        })
    }

    /// A function that no template has.
    fn of_settings(&self, name: &str, own: &Settings) -> Function {
        let missing = || Run::Nobody(format!("the template has no function {name}, and {}", advice(name)));
        Function {
            name: name.to_owned(),
            run: self.configured(own).or_else(|| self.others().map(Run::Elsewhere)).unwrap_or_else(missing),
            timeout_seconds: own.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS),
            memory_megabytes: 128,
            handler: own.handler.clone().unwrap_or_default(),
            environment: own.environment.clone(),
            folder: absolute(own.folder.clone()),
            concurrency: own.concurrency.unwrap_or(DEFAULT_CONCURRENCY),
        }
    }

    /// Who runs a function by its own settings.
    fn configured(&self, own: &Settings) -> Option<Run> {
        if let Some([program, arguments @ ..]) = own.command.as_deref() {
            let command = Command { program: program.clone(), arguments: arguments.to_vec() };
            return Some(match own.protocol {
                Protocol::RuntimeApi => Run::RuntimeApi(command),
                Protocol::Stdio => Run::Stdio(command),
            });
        }
        let url = own.endpoint_url.as_deref()?;
        Some(Run::Elsewhere(self.elsewhere(Some(url), own.remote_name.clone())))
    }

    /// The Lambda elsewhere that serves every function without settings of its own.
    fn others(&self) -> Option<Arc<dyn Elsewhere>> {
        let settings = &self.config.lambda;
        let url = settings.endpoint_url.as_deref();
        (url.is_some() || settings.service == Some(Backend::Aws)).then(|| self.elsewhere(url, None))
    }

    fn elsewhere(&self, url: Option<&str>, remote_name: Option<String>) -> Arc<dyn Elsewhere> {
        let endpoint = Endpoint::new("lambda", &self.config.region.value, url);
        Arc::new(Functions { client: self.client.clone(), endpoint, remote_name })
    }

    /// A process of this machine, if the template says enough.
    fn local(&self, function: &LambdaFunction) -> Result<(Option<PathBuf>, Run), Error> {
        let runtime = function.runtime.as_deref().unwrap_or("none");
        let nobody = |why: String| Ok((None, Run::Nobody(format!("{why}; {}", advice(&function.name)))));
        let Some(interpreter) = Interpreter::of_runtime(runtime) else {
            return nobody(format!("its runtime is {runtime}"));
        };
        let folder = match &function.code {
            LambdaCode::Inline(text) => Some(self.write_inline(function, interpreter, text)?),
            _ => code_folder(function),
        };
        let Some(folder) = folder else {
            return nobody("its code is in no folder of this machine".to_owned());
        };
        match ::lambda::bootstrap(interpreter) {
            Some(command) => Ok((Some(folder), Run::RuntimeApi(command))),
            None => nobody(format!("{} is not on PATH", interpreter.program())),
        }
    }

    /// Inline code as the file that AWS makes of it.
    fn write_inline(&self, function: &LambdaFunction, interpreter: Interpreter, text: &str) -> Result<PathBuf, Error> {
        let folder = self.config.data_file("functions").join(&function.name);
        let file = match interpreter {
            Interpreter::Node if text.contains("\nexport ") || text.starts_with("export ") => "index.mjs",
            Interpreter::Node => "index.js",
            Interpreter::Python => "index.py",
        };
        let written = fs::remove_dir_all(&folder)
            .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
            .and_then(|()| fs::create_dir_all(&folder))
            .and_then(|()| fs::write(folder.join(file), text));
        match written {
            Ok(()) => Ok(folder),
            Err(cause) => Err(Error::FunctionCode { function: function.logical_id.clone(), cause }),
        }
    }
}

fn advice(name: &str) -> String {
    format!("give it a command or an endpoint_url in stepwell.toml, under [lambda.functions.{name}]")
}

fn code_folder(function: &LambdaFunction) -> Option<PathBuf> {
    match &function.code {
        LambdaCode::Folder(folders) => folders.iter().find(|folder| folder.is_dir()).cloned(),
        LambdaCode::Inline(_) | LambdaCode::Image | LambdaCode::Unknown => None,
    }
}

/// The folder a process starts in; the working folder where none is given.
fn absolute(folder: Option<PathBuf>) -> PathBuf {
    let folder = folder.unwrap_or_else(|| PathBuf::from("."));
    // A folder that is not there shows when its process is started.
    fs::canonicalize(&folder).unwrap_or_else(|_| std::path::absolute(&folder).unwrap_or(Path::new("/").join(folder)))
}
