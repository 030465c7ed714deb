//! A function's process: started in a process group of its own, its output in the log, ended with everything it started.

use std::{
    collections::BTreeMap,
    env, io,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Child,
    sync::watch,
};

use crate::{Command, environment, limits::LOG_LINE_BYTES, log_tail::LogTail};

/// A command ready to start in `folder` with these variables over the kept ones of ours.
pub(crate) fn prepare(
    command: &Command,
    folder: &Path,
    variables: BTreeMap<String, String>,
) -> tokio::process::Command {
    let mut prepared = tokio::process::Command::new(&command.program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(environment::is_withheld) {
            prepared.env_remove(name);
        }
    }
    prepared.args(&command.arguments).envs(variables).current_dir(folder).process_group(0).kill_on_drop(true);
    prepared.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    prepared
}

/// Ends a process group when it goes out of scope; from [`Group::let_go`] on it does nothing.
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// That of a child that leads a group and has not been waited for.
    pub(crate) fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// The leader has been waited for: its number may soon be another's.
    pub(crate) fn let_go(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // A group that is gone already is what was wanted.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

/// A process that runs until it ends by itself or is dropped.
pub(crate) struct Process {
    ended: watch::Receiver<Option<String>>,
    pub(crate) log: Arc<LogTail>,
    /// Dropped with the process, which tells its guard to end it.
    _stop: watch::Sender<()>,
}

impl Process {
    /// Starts it; its output goes to the log of `function`, line by line.
    pub(crate) fn start(mut command: tokio::process::Command, function: &str) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let log = Arc::new(LogTail::default());
        if let Some(output) = child.stdout.take() {
            follow(output, log.clone(), function.to_owned());
        }
        if let Some(errors) = child.stderr.take() {
            follow(errors, log.clone(), function.to_owned());
        }
        let (told, ended) = watch::channel(None);
        let (stop, stopped) = watch::channel(());
        tokio::spawn(guard(child, stopped, told));
        Ok(Self { ended, log, _stop: stop })
    }

    /// How it ended, once it has: `exit status: 1`.
    pub(crate) async fn ended(&self) -> String {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(how) => how.clone().unwrap_or_default(),
            Err(_) => "unknown".to_owned(),
        }
    }

    /// Whether it runs.
    pub(crate) fn runs(&self) -> bool {
        self.ended.borrow().is_none()
    }
}

/// Waits for the end of a child, or brings it about when nobody wants it any more.
async fn guard(mut child: Child, mut stopped: watch::Receiver<()>, told: watch::Sender<Option<String>>) {
    let mut group = Group::of(&child);
    let status = tokio::select! {
        status = child.wait() => status,
        _ = stopped.changed() => {
            drop(std::mem::replace(&mut group, Group(None)));
            child.wait().await
        }
    };
    group.let_go();
    told.send_replace(Some(describe(status)));
}

/// `exit status: 1`, `signal: 9 (SIGKILL)`.
pub(crate) fn describe(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

fn follow(output: impl AsyncRead + Send + Unpin + 'static, log: Arc<LogTail>, function: String) {
    tokio::spawn(async move { copy_log(output, &log, &function).await });
}

/// Writes each line to stepwell's log and keeps the last ones.
pub(crate) async fn copy_log(from: impl AsyncRead + Unpin, log: &LogTail, function: &str) {
    let mut lines = BufReader::with_capacity(LOG_LINE_BYTES, from);
    let mut line = Vec::new();
    while let Ok(part) = lines.fill_buf().await {
        if part.is_empty() {
            break;
        }
        // A line longer than the buffer is told in pieces.
        let end = part.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&part[..end.unwrap_or(part.len())]);
        let used = end.map_or(part.len(), |end| end + 1);
        lines.consume(used);
        if end.is_some() || line.len() >= LOG_LINE_BYTES {
            tell(&line, log, function);
            line.clear();
        }
    }
    if !line.is_empty() {
        tell(&line, log, function);
    }
}

fn tell(line: &[u8], log: &LogTail, function: &str) {
    log.add(line);
    tracing::info!(target: "lambda", function, "{}", String::from_utf8_lossy(line).trim_end());
}
