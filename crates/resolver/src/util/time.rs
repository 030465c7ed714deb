//! `util.time.*`: the invocation's time, and Java's patterns for dates.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde_json::Value;

use super::{
    Fault, Function, Scope, argument,
    java_time::{Pattern, Zone},
    number, number_argument, string_argument,
};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.time.nowISO8601", |scope, _| iso8601("util.time.nowISO8601", scope.now_millis)),
    ("util.time.nowEpochSeconds", |scope, _| Ok(scope.now_millis.div_euclid(1_000).into())),
    ("util.time.nowEpochMilliSeconds", |scope, _| Ok(scope.now_millis.into())),
    ("util.time.nowFormatted", |scope, arguments| {
        let millis = scope.now_millis;
        formatted("util.time.nowFormatted", millis, arguments, 0)
    }),
    ("util.time.parseFormattedToEpochMilliSeconds", parse_formatted),
    ("util.time.parseISO8601ToEpochMilliSeconds", parse_iso8601),
    ("util.time.epochMilliSecondsToSeconds", |_, arguments| {
        Ok(millis_argument("util.time.epochMilliSecondsToSeconds", arguments)?.div_euclid(1_000).into())
    }),
    ("util.time.epochMilliSecondsToISO8601", |_, arguments| {
        let function = "util.time.epochMilliSecondsToISO8601";
        iso8601(function, millis_argument(function, arguments)?)
    }),
    ("util.time.epochMilliSecondsToFormatted", |_, arguments| {
        let function = "util.time.epochMilliSecondsToFormatted";
        formatted(function, millis_argument(function, arguments)?, arguments, 1)
    }),
];

fn millis_argument(function: &str, arguments: &[Value]) -> Result<i64, Fault> {
    Ok(number_argument(function, arguments, 0)? as i64)
}

fn moment(function: &str, millis: i64) -> Result<DateTime<Utc>, Fault> {
    DateTime::from_timestamp_millis(millis)
        .filter(|moment| (0..=9_999).contains(&moment.year()))
        .ok_or_else(|| Fault::code(format!("{function}: {millis} milliseconds is out of range")))
}

fn iso8601(function: &str, millis: i64) -> Result<Value, Fault> {
    Ok(moment(function, millis)?.to_rfc3339_opts(SecondsFormat::Millis, true).into())
}

/// Pattern at `index`, time zone (UTC where left out) after it.
fn formatted(function: &str, millis: i64, arguments: &[Value], index: usize) -> Result<Value, Fault> {
    let (pattern, zone) = pattern_and_zone(function, arguments, index)?;
    let moment = moment(function, millis)?;
    pattern.format(moment, zone).map(Value::from).map_err(|error| Fault::code(format!("{function}: {error}")))
}

fn pattern_and_zone(function: &str, arguments: &[Value], index: usize) -> Result<(Pattern, Zone), Fault> {
    let explain = |error| Fault::code(format!("{function}: {error}"));
    let pattern = Pattern::parse(string_argument(function, arguments, index)?).map_err(explain)?;
    let zone = match argument(arguments, index + 1) {
        Value::Null => Zone::UTC,
        _ => Zone::parse(string_argument(function, arguments, index + 1)?).map_err(explain)?,
    };
    Ok((pattern, zone))
}

/// `(text, pattern, zone?)`.
fn parse_formatted(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let function = "util.time.parseFormattedToEpochMilliSeconds";
    let text = string_argument(function, arguments, 0)?;
    let (pattern, zone) = pattern_and_zone(function, arguments, 1)?;
    pattern.read(text, zone).map(Value::from).map_err(|error| Fault::code(format!("{function}: {error}")))
}

fn parse_iso8601(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let function = "util.time.parseISO8601ToEpochMilliSeconds";
    let text = string_argument(function, arguments, 0)?;
    let parsed = DateTime::parse_from_rfc3339(text)
        .map_err(|error| Fault::code(format!("{function}: Text '{text}' could not be parsed: {error}")))?;
    Ok(number(parsed.timestamp_millis() as f64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2018-02-06T19:01:35.749Z, as in the AppSync developer guide, "Time helpers in util.time".
    const NOW: i64 = 1_517_943_695_749;

    #[test]
    fn functions_give_what_the_developer_guide_shows() {
        for (path, arguments, expected) in [
            ("nowISO8601", json!([]), json!("2018-02-06T19:01:35.749Z")),
            ("nowEpochSeconds", json!([]), json!(1_517_943_695)),
            ("nowEpochMilliSeconds", json!([]), json!(NOW)),
            ("nowFormatted", json!(["yyyy-MM-dd HH:mm:ssZ"]), json!("2018-02-06 19:01:35+0000")),
            ("nowFormatted", json!(["yyyy-MM-dd HH:mm:ssZ", "Australia/Perth"]), json!("2018-02-07 03:01:35+0800")),
            (
                "parseFormattedToEpochMilliSeconds",
                json!(["2018-02-01 17:21:05.180+08:00", "yyyy-MM-dd HH:mm:ss.SSSXXX"]),
                json!(1_517_476_865_180_i64),
            ),
            (
                "parseFormattedToEpochMilliSeconds",
                json!(["2018-02-01 17:21:05", "yyyy-MM-dd HH:mm:ss", "Australia/Perth"]),
                json!(1_517_476_865_000_i64),
            ),
            ("parseISO8601ToEpochMilliSeconds", json!(["2018-02-01T17:21:05.180+08:00"]), json!(1_517_476_865_180_i64)),
            ("epochMilliSecondsToSeconds", json!([NOW]), json!(1_517_943_695)),
            ("epochMilliSecondsToISO8601", json!([NOW]), json!("2018-02-06T19:01:35.749Z")),
            (
                "epochMilliSecondsToFormatted",
                json!([NOW, "EEE, d MMM yyyy h:mm a", "Europe/Berlin"]),
                json!("Tue, 6 Feb 2018 8:01 PM"),
            ),
        ] {
            let function = super::super::find(&format!("util.time.{path}")).unwrap();
            let answer = function(&mut Scope::new(NOW, 0, "", true), arguments.as_array().unwrap());
            assert_eq!(answer, Ok(expected), "{path} {arguments}");
        }
    }

    #[test]
    fn wrong_dates_are_errors() {
        for (path, arguments) in [
            ("parseISO8601ToEpochMilliSeconds", json!(["yesterday"])),
            ("nowFormatted", json!(["yyyy'"])),
            ("nowFormatted", json!(["yyyy", "Mars/Phobos"])),
            ("epochMilliSecondsToISO8601", json!([1e300])),
            ("parseFormattedToEpochMilliSeconds", json!(["2018-13-01", "yyyy-MM-dd"])),
        ] {
            let function = super::super::find(&format!("util.time.{path}")).unwrap();
            assert!(function(&mut Scope::default(), arguments.as_array().unwrap()).is_err(), "{path} {arguments}");
        }
    }
}
