//! The named bounds of the service: AWS's own number where the RDS Data API has one ("Limitations for the Amazon RDS
//! Data API").

/// One call, milliseconds (Data API limit).
pub const CALL_MILLIS: i64 = 45_000;
/// Data of one answer, bytes (Data API limit).
pub(crate) const RESPONSE_BYTES: usize = 1 << 20;
/// What a row counts for beside its values, bytes: rows without columns are none too few.
pub(crate) const ROW_BYTES: usize = 16;
/// Digits of a `NUMERIC` before the point, and after it: the most that a declared precision has.
pub(crate) const NUMERIC_DIGITS: usize = 1000;
/// A result as JSON text, bytes (Data API limit of `formattedRecords`).
pub(crate) const FORMATTED_BYTES: usize = 10 << 20;
/// SQL text, bytes (Data API limit).
pub(crate) const SQL_BYTES: usize = 65_536;
/// Parameters of one statement: what both protocols can number.
pub(crate) const PARAMETERS: usize = 65_535;
/// Parameter sets of one batch; AWS bounds the size of the request alone.
pub(crate) const PARAMETER_SETS: usize = 10_000;
/// Connections to one database at once; further calls wait for one.
pub(crate) const CONNECTIONS: usize = 16;
/// Databases of one cluster that calls can name.
pub(crate) const DATABASES: usize = 32;
/// A transaction without a call, milliseconds, before it is rolled back (Data API limit).
pub const TRANSACTION_IDLE_MILLIS: i64 = 180_000;
/// A transaction from its begin, milliseconds, before it is rolled back (Data API limit).
pub(crate) const TRANSACTION_MILLIS: i64 = 24 * 60 * 60 * 1000;
