//! What AppSync declares in every schema, and the old SDL spellings that it still reads.

use regex::Regex;
use std::{borrow::Cow, sync::LazyLock};

/// AppSync's directives (developer guide, "Schemas" and "Configuring authorization").
const DIRECTIVES: [(&str, &str); 8] = [
    ("aws_api_key", "on FIELD_DEFINITION | OBJECT"),
    ("aws_iam", "on FIELD_DEFINITION | OBJECT"),
    ("aws_oidc", "on FIELD_DEFINITION | OBJECT"),
    ("aws_lambda", "on FIELD_DEFINITION | OBJECT"),
    ("aws_cognito_user_pools", "(cognito_groups: [String]) on FIELD_DEFINITION | OBJECT"),
    ("aws_auth", "(cognito_groups: [String]) on FIELD_DEFINITION | OBJECT"),
    ("aws_subscribe", "(mutations: [String]) on FIELD_DEFINITION"),
    ("aws_publish", "(subscriptions: [String]) on FIELD_DEFINITION"),
];

/// What the schemas of source APIs say to the merge (developer guide, "Merged API schema directives").
const MERGE_DIRECTIVES: [(&str, &str); 3] = [
    ("canonical", "on OBJECT | FIELD_DEFINITION | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR"),
    ("hidden", "on OBJECT | FIELD_DEFINITION | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR"),
    ("renamed", "(to: String!) on OBJECT | FIELD_DEFINITION | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR"),
];

const SCALARS: [&str; 9] =
    ["AWSDate", "AWSTime", "AWSDateTime", "AWSTimestamp", "AWSEmail", "AWSJSON", "AWSPhone", "AWSURL", "AWSIPAddress"];

static DECLARED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:scalar\s+|directive\s+@)(\w+)").expect("a valid pattern"));
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bAWS\w+").expect("a valid pattern"));
static IMPLEMENTS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bimplements\s+\w+(?:\s*,\s*\w+)+").expect("a valid pattern"));

/// The declarations that `sdl` leaves to AppSync: every directive, and the scalars it uses.
pub(super) fn for_schema(sdl: &str) -> String {
    let declared: Vec<&str> =
        DECLARED.captures_iter(sdl).filter_map(|found| found.get(1)).map(|m| m.as_str()).collect();
    let used: Vec<&str> = WORD.find_iter(sdl).map(|found| found.as_str()).collect();
    let mut text = String::new();
    let merging = MERGE_DIRECTIVES.iter().filter(|(name, _)| sdl.contains(&format!("@{name}")));
    for (name, rest) in DIRECTIVES.iter().chain(merging).filter(|(name, _)| !declared.contains(name)) {
        text.push_str(&format!("directive @{name}{}{rest}\n", if rest.starts_with('(') { "" } else { " " }));
    }
    for scalar in SCALARS.iter().filter(|scalar| used.contains(scalar) && !declared.contains(scalar)) {
        text.push_str(&format!("scalar {scalar}\n"));
    }
    text
}

/// `implements A, B` as `implements A& B`: the same length, so that every position stays true.
pub fn modernise(sdl: &str) -> Cow<'_, str> {
    IMPLEMENTS.replace_all(sdl, |found: &regex::Captures<'_>| found[0].replace(',', "&"))
}
