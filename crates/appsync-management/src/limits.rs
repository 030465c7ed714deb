//! The named bounds of the management API: AWS's own number where AppSync has one ("AppSync endpoints and quotas").

/// GraphQL APIs of one account and region (AppSync quota).
pub(crate) const APIS: usize = 50;
/// Event APIs of one account and region: as many as GraphQL APIs, for AWS documents no number of their own [M].
pub(crate) const EVENT_APIS: usize = 50;
/// Channel namespaces of one Event API: AWS documents no number [M].
pub(crate) const NAMESPACES: usize = 50;
/// The longest name of an Event API or a channel namespace, characters (API reference, "CreateApi").
pub(crate) const EVENT_NAME_CHARS: usize = 50;
/// Whom to ask about an Event API, characters (the same page).
pub(crate) const OWNER_CONTACT_CHARS: usize = 256;
/// API keys of one API (AppSync quota).
pub(crate) const API_KEYS: usize = 50;
/// Functions of one pipeline (AppSync quota).
pub(crate) const PIPELINE_FUNCTIONS: usize = 10;
/// Authorization modes of one API besides the default one (AppSync quota).
pub(crate) const ADDITIONAL_PROVIDERS: usize = 50;
/// Source APIs of one merged API (AppSync quota).
pub(crate) const SOURCE_APIS: usize = 10;
/// Custom domain names of one account and region (AppSync quota).
pub(crate) const DOMAIN_NAMES: usize = 50;
/// Entries of one page, also when the caller names no number.
pub(crate) const PAGE: usize = 25;
/// Environment variables of one API, and the longest value, characters.
pub(crate) const ENVIRONMENT_VARIABLES: usize = 50;
/// The longest value of an environment variable, characters.
pub(crate) const ENVIRONMENT_VALUE_CHARS: usize = 512;
/// Tags of one resource.
pub(crate) const TAGS: usize = 50;
/// The code of one resolver, function or channel namespace, characters (AppSync quota: 32 KB).
pub(crate) const CODE_CHARS: usize = 32_768;
/// One mapping template, characters (AppSync quota: 64 KB).
pub(crate) const TEMPLATE_CHARS: usize = 65_536;
/// SDL, bytes (AppSync quota).
pub(crate) const SCHEMA_BYTES: usize = 1_000_000;
/// `context` of EvaluateCode and EvaluateMappingTemplate, characters.
pub(crate) const CONTEXT_CHARS: usize = 28_000;
/// Shortest and longest life of an API key, days.
pub(crate) const API_KEY_DAYS: std::ops::RangeInclusive<i64> = 1..=365;
/// Days that a key lives whose creator does not say.
pub(crate) const API_KEY_DEFAULT_DAYS: i64 = 7;
/// Days between the end of a key and its deletion.
pub(crate) const API_KEY_DELETED_AFTER_DAYS: i64 = 60;
/// Data sources, functions and resolvers of one API: what a stack with nested stacks may hold, less the API itself.
pub(crate) const MEMBERS: usize = 2_400;
/// Resources of one stack before the next one is begun; CloudFormation's own limit is 500.
pub(crate) const STACK_RESOURCES: usize = 400;
/// Handlers that are evaluated at once; further calls wait.
pub(crate) const EVALUATIONS: usize = 16;
