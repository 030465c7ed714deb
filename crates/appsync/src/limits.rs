//! The named bounds of a GraphQL API: AWS's own number where AppSync has one ("AppSync endpoints and quotas").

use std::ops::RangeInclusive;

/// Query document, tokens (AppSync quota).
pub(crate) const QUERY_TOKENS: usize = 15_000;
/// Nesting of brackets in a query document. AppSync's own depth limit goes up to 75; the validator gives up at 128.
pub(crate) const QUERY_NESTING: usize = 120;
/// Levels of selected fields once fragments are merged.
pub(crate) const SELECTION_DEPTH: usize = 125;
/// Fields of one compiled operation once fragments are merged.
pub(crate) const PLAN_FIELDS: usize = 50_000;
/// Request body, bytes (AppSync quota).
pub(crate) const BODY_BYTES: usize = 1_000_000;
/// Whole response, bytes (AppSync quota for an evaluated result).
pub(crate) const RESPONSE_BYTES: usize = 5_000_000;
/// Whole request, milliseconds (AppSync quota).
pub(crate) const REQUEST_MILLIS: i64 = 30_000;
/// After a request was given up: how long its transaction may still be committed, milliseconds. The embedded engine has
/// a few hundred calls in front of it at most, and takes a few milliseconds for each as a rule.
pub(crate) const COMMIT_MILLIS: i64 = 60_000;
/// SDL, bytes (AppSync quota).
pub(crate) const SCHEMA_BYTES: usize = 1_000_000;
/// Source APIs of one merged API (AppSync quota).
pub(crate) const SOURCE_APIS: usize = 10;
/// Resolvers of one request where the API sets no limit of its own (AppSync quota).
pub(crate) const RESOLVER_COUNT: u32 = 10_000;
/// Functions of one pipeline (AppSync quota).
pub(crate) const PIPELINE_FUNCTIONS: usize = 10;
/// Prepared documents kept, bytes of query text times [`PREPARED_FACTOR`].
pub(crate) const PREPARED_CACHE_BYTES: u64 = 64 << 20;
/// Memory that a prepared document takes per byte of its text, roughly.
pub(crate) const PREPARED_FACTOR: u64 = 40;
/// Compiled plans kept per document: one per assignment of the variables in `@skip` and `@include`.
pub(crate) const PLANS_PER_DOCUMENT: usize = 16;
/// Errors listed in one response; a list of a million denied items needs no million messages.
pub(crate) const RESPONSE_ERRORS: usize = 1_000;
/// Headers that resolvers add to one response, bytes (AppSync quota).
pub(crate) const RESPONSE_HEADER_BYTES: usize = 4_096;
/// Subscription payload, bytes (AppSync quota).
pub(crate) const PAYLOAD_BYTES: usize = 240 << 10;
/// Payloads that wait for one subscriber before it is cut off.
pub(crate) const SUBSCRIBER_QUEUE: usize = 1_024;
/// `invalidateSubscriptions` calls per request (AppSync quota).
pub(crate) const INVALIDATIONS: usize = 5;
/// Caching keys of one resolver (AppSync quota).
pub(crate) const CACHING_KEYS: usize = 25;
/// How long entries of a cache live, seconds (AppSync quota).
pub(crate) const CACHE_TTL_SECONDS: RangeInclusive<u32> = 1..=3_600;
/// All entries of an API's cache, bytes, where nothing else is set. AWS's smallest instance has 1.5 GiB.
pub const CACHE_BYTES: u64 = 64 << 20;
/// Parts of a cache that are locked on their own; an entry has to fit into one part of the capacity.
pub(crate) const CACHE_SHARDS: usize = 4;
/// What an entry takes beside its value and its key, bytes.
pub(crate) const CACHE_ENTRY_OVERHEAD: u64 = 128;
/// What an entry takes as a rule, bytes: how many entries to make room for.
pub(crate) const CACHE_ENTRY_TYPICAL: u64 = 16 << 10;
/// What a member of an object takes beside its name and its value, bytes.
pub(crate) const CACHE_MEMBER_OVERHEAD: usize = 40;
/// HTTP data source, milliseconds (recorded on AWS).
pub(crate) const HTTP_MILLIS: i64 = 10_000;
/// Lambda data source, milliseconds: a little less than the whole request, so that the field says what took so long.
pub(crate) const LAMBDA_MILLIS: i64 = 29_500;
/// Relational data source, milliseconds: a little less than the whole request, so that the field says what took so long.
pub(crate) const RDS_MILLIS: i64 = 29_500;
/// OpenSearch data source, milliseconds: as above.
pub(crate) const OPEN_SEARCH_MILLIS: i64 = 29_500;
/// Amazon Bedrock data source, milliseconds (developer guide).
pub(crate) const BEDROCK_MILLIS: i64 = 10_000;
/// Statements of one request to a relational data source (AppSync quota).
pub(crate) const RDS_STATEMENTS: usize = 2;
/// Payloads of one `BatchInvoke`: the largest `maxBatchSize` (AppSync quota).
pub(crate) const BATCH_INVOKE: usize = 2_000;
/// Payloads of one `BatchInvoke` where no `maxBatchSize` is given (aws-appsync-community, issue 51).
pub(crate) const BATCH_INVOKE_DEFAULT: usize = 5;
/// One value of a trace, bytes; what is larger is cut.
pub(crate) const TRACE_VALUE_BYTES: usize = 16 << 10;
/// Nesting of one value of a trace; what is deeper is cut.
pub(crate) const TRACE_VALUE_DEPTH: usize = 64;
/// All values and texts of errors of one request's trace, bytes; what comes after is left out.
pub(crate) const TRACE_BYTES: usize = 1 << 20;
/// All that the handlers of one request's trace log, bytes; lines that come after are counted only.
pub(crate) const TRACE_LOG_BYTES: usize = 1 << 20;
/// A name in a trace (an `errorType`, a data source's operation), bytes; what is longer is cut.
pub(crate) const TRACE_NAME_BYTES: usize = 256;
/// Resolvers in one request's trace; those that begin later are counted only.
pub(crate) const TRACE_FIELDS: usize = 1_000;
/// Keys of one `BatchGetItem` (DynamoDB quota).
pub(crate) const BATCH_GET_ITEM: usize = 100;
/// How often a `BatchGetItem` that got to none of its keys is made again, before each is read alone.
pub(crate) const UNPROCESSED_PAUSES: u32 = 4;
/// The first pause is twice as long, milliseconds, and each further one twice the one before.
pub(crate) const UNPROCESSED_MILLIS: i64 = 25;
