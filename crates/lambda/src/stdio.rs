//! A process for each event: the event on its standard input, the result on its standard output, its log on its standard
//! error. An exit status other than 0 is a function error with what it last wrote to the log.

use std::process::Stdio;

use clock::Clock;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::Child,
};

use crate::{
    Command, Config, Error, Function,
    invocation::Ran,
    limits::RESPONSE_BYTES,
    log_tail::LogTail,
    process::{self, Group},
};

/// Runs `command` on one event (JSON text).
///
/// # Errors
/// [`Error::InvalidRuntime`] when it does not start.
pub(crate) async fn run(
    config: &Config,
    function: &Function,
    command: &Command,
    clock: &dyn Clock,
    (request_id, payload): (&str, &str),
) -> Result<Ran, Error> {
    let mut variables = crate::environment::variables(config, function, request_id);
    variables.insert("AWS_LAMBDA_REQUEST_ID".to_owned(), request_id.to_owned());
    let mut prepared = process::prepare(command, &function.folder, variables);
    let mut child = prepared.stdin(Stdio::piped()).spawn().map_err(|cause| Error::InvalidRuntime {
        function: function.name.clone(),
        why: format!("its command '{}' does not start: {cause}", command.program),
    })?;
    let mut group = Group::of(&child);
    let log = LogTail::default();
    let deadline = clock.now().plus_seconds(function.timeout_seconds.into());
    let ran = tokio::select! {
        ran = converse(&mut child, function, (request_id, payload), &log) => {
            group.let_go();
            ran
        }
        () = clock.sleep_until(deadline) => Ran::timed_out(request_id, function.timeout_seconds),
    };
    Ok(Ran { log_result: Some(log.base64()), ..ran })
}

async fn converse(child: &mut Child, function: &Function, (request_id, payload): (&str, &str), log: &LogTail) -> Ran {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut input) = input {
            // A process that does not read its event closes the pipe.
            let _ = input.write_all(payload.as_bytes()).await;
        }
    };
    let listen = async {
        if let Some(errors) = errors {
            process::copy_log(errors, log, &function.name).await;
        }
    };
    let ((), (), answer) = tokio::join!(write, listen, read(output));
    let Some(answer) = answer else { return Ran::too_large(RESPONSE_BYTES) };
    let status = child.wait().await;
    if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        let (how, said) = (process::describe(status), log.text());
        return Ran::exited(request_id, format!("{how}\n{said}").trim_end());
    }
    let answer = String::from_utf8_lossy(&answer);
    match answer.trim() {
        "" => Ran::succeeded("null".to_owned()),
        text if is_json(text) => Ran::succeeded(text.to_owned()),
        text => {
            let shown: String = text.chars().take(200).collect();
            Ran::broken("Runtime.MarshalError", format!("the function's standard output is not JSON: {shown}"))
        }
    }
}

/// Everything, or `None` if it is more than a function may answer.
async fn read(output: Option<impl AsyncRead + Unpin>) -> Option<Vec<u8>> {
    let mut answer = Vec::new();
    if let Some(output) = output {
        let limit = RESPONSE_BYTES as u64 + 1;
        // What cannot be read ends the answer; whether it is whole shows when it is read as JSON.
        let _ = output.take(limit).read_to_end(&mut answer).await;
    }
    (answer.len() <= RESPONSE_BYTES).then_some(answer)
}

pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
