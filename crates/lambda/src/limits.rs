//! The bounds of Lambda: AWS's quotas where AWS has one (Lambda developer guide, "Lambda quotas").

/// Payload and response of a synchronous invocation, bytes.
pub const PAYLOAD_BYTES: usize = 6_291_456;
/// What a function may answer, bytes: a little more than what it may be sent.
pub(crate) const RESPONSE_BYTES: usize = 6_291_556;
/// Payload of an asynchronous invocation, bytes.
pub const ASYNCHRONOUS_PAYLOAD_BYTES: usize = 1 << 20;
/// A function's time-out unless it says otherwise, seconds.
pub const DEFAULT_TIMEOUT_SECONDS: u32 = 3;
/// Processes of one function unless its settings say otherwise.
pub const DEFAULT_CONCURRENCY: usize = 10;
/// Invocations of one function that wait for a process, synchronous ones: as many as an AWS account runs at once.
pub(crate) const WAITING: usize = 1_000;
/// Asynchronous invocations under way or waiting.
pub(crate) const EVENTS: usize = 10_000;
/// How often an asynchronous invocation is tried.
pub(crate) const EVENT_ATTEMPTS: u32 = 3;
/// The pause after the first failed attempt of an asynchronous invocation, seconds; the next one is twice as long.
pub(crate) const EVENT_PAUSE_SECONDS: i64 = 60;
/// How long a process may take to ask for its first event, milliseconds.
// AWS differs: ten seconds, after which the function is started once more. A busy developer's machine gets longer.
pub(crate) const START_MILLIS: i64 = 30_000;
/// The end of a function's log that an invocation answers, bytes.
pub(crate) const LOG_TAIL_BYTES: usize = 4_096;
/// The longest line of a log that is kept whole, bytes.
pub(crate) const LOG_LINE_BYTES: usize = 64 << 10;
/// The largest client context, bytes of base64.
pub(crate) const CLIENT_CONTEXT_BYTES: usize = 3_583;
