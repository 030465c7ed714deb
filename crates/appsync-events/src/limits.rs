//! The named bounds of an Event API: AWS's own numbers ("AWS AppSync Events endpoints and quotas").

/// Events of one publish request.
pub(crate) const EVENTS: usize = 5;
/// One event, bytes of its JSON.
pub(crate) const EVENT_BYTES: usize = 240 << 10;
/// Segments of a channel's path.
pub(crate) const SEGMENTS: usize = 5;
/// Characters of one segment.
pub(crate) const SEGMENT_CHARACTERS: usize = 50;
/// A whole operation with its handlers, milliseconds.
pub(crate) const REQUEST_MILLIS: i64 = 30_000;
/// Events that wait for one subscriber before it is cut off.
pub(crate) const SUBSCRIBER_QUEUE: usize = 1_024;
