//! What one invocation gives to and collects from the functions that it calls.

use serde_json::Value;

use crate::evaluation::{End, RaisedError};

/// How many log lines of one invocation are kept.
const LOG_LINES: usize = 1_000;
/// How many bytes of one log line are kept.
const LOG_LINE_BYTES: usize = 16 << 10;
/// How many appended errors, headers and extension calls of one invocation are kept, each.
const NOTES: usize = 1_000;

/// One invocation, as the functions of [`crate::util`] see it.
#[derive(Debug, Default)]
pub struct Scope {
    /// What `util.time.now*` says: milliseconds since the epoch.
    pub now_millis: i64,
    /// What `util.authType()` says.
    pub auth_type: &'static str,
    /// Whether the request handler runs: `runtime.earlyReturn` is for it alone.
    pub in_request: bool,
    /// `util.appendError`, in order.
    pub appended_errors: Vec<RaisedError>,
    /// `console.log` and `console.error`, in order.
    pub logs: Vec<String>,
    /// `util.http.addResponseHeader(s)`; the last of a name wins.
    pub response_headers: Vec<(String, String)>,
    /// `extensions.*`, in order.
    pub extensions: Vec<(String, Vec<Value>)>,
    random_state: u64,
}

/// Why a function gave no value.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The function was misused: an error of type `Code` at the place of the call.
    Code(String),
    /// The invocation ends here: `util.error`, `util.unauthorized`, `runtime.earlyReturn`.
    End(Box<End>),
}

impl Fault {
    /// A misuse.
    pub fn code(message: impl Into<String>) -> Self {
        Self::Code(message.into())
    }
}

impl Scope {
    /// A fresh scope; `seed` decides every random value.
    pub fn new(now_millis: i64, seed: u64, auth_type: &'static str, in_request: bool) -> Self {
        Self { now_millis, auth_type, in_request, random_state: seed, ..Self::default() }
    }

    /// 64 random bits (SplitMix64, Steele, Lea and Flood 2014).
    pub fn random(&mut self) -> u64 {
        self.random_state = self.random_state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random_state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// 128 random bits.
    pub fn random_wide(&mut self) -> u128 {
        (u128::from(self.random()) << 64) | u128::from(self.random())
    }

    /// A random number from 0 to 1, without 1.
    pub fn random_fraction(&mut self) -> f64 {
        (self.random() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Adds a log line, shortened to its bound; lines past the bound are dropped.
    pub fn log(&mut self, mut line: String) {
        if self.logs.len() < LOG_LINES {
            line.truncate(line.floor_char_boundary(LOG_LINE_BYTES));
            self.logs.push(line);
        }
    }

    /// Notes an error that does not stop the handler.
    ///
    /// # Errors
    /// More errors than one invocation may append.
    pub fn append_error(&mut self, error: RaisedError) -> Result<(), Fault> {
        bounded(self.appended_errors.len(), "util.appendError")?;
        self.appended_errors.push(error);
        Ok(())
    }

    /// Sets a response header.
    ///
    /// # Errors
    /// More headers than one invocation may set.
    pub fn set_header(&mut self, name: String, value: String) -> Result<(), Fault> {
        bounded(self.response_headers.len(), "util.http.addResponseHeader")?;
        self.response_headers.retain(|(existing, _)| !existing.eq_ignore_ascii_case(&name));
        self.response_headers.push((name, value));
        Ok(())
    }

    /// Notes an `extensions.*` call.
    ///
    /// # Errors
    /// More calls than one invocation may make.
    pub fn extend(&mut self, name: &str, arguments: &[Value]) -> Result<(), Fault> {
        bounded(self.extensions.len(), name)?;
        self.extensions.push((name.to_owned(), arguments.to_vec()));
        Ok(())
    }
}

fn bounded(count: usize, function: &str) -> Result<(), Fault> {
    if count < NOTES {
        return Ok(());
    }
    Err(Fault::code(format!("{function} can be called {NOTES} times at most")))
}
