//! `util.math.*`.

use serde_json::Value;

use super::{Fault, Function, Scope, number, number_argument};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.math.roundNum", |_, arguments| {
        Ok(number((number_argument("util.math.roundNum", arguments, 0)? + 0.5).floor()))
    }),
    ("util.math.minVal", |_, arguments| pick("util.math.minVal", arguments, f64::min)),
    ("util.math.maxVal", |_, arguments| pick("util.math.maxVal", arguments, f64::max)),
    ("util.math.randomDouble", |scope, _| Ok(number(scope.random_fraction()))),
    ("util.math.randomWithinRange", random_within_range),
];

fn pick(function: &str, arguments: &[Value], choose: fn(f64, f64) -> f64) -> Result<Value, Fault> {
    Ok(number(choose(number_argument(function, arguments, 0)?, number_argument(function, arguments, 1)?)))
}

/// `(start, end)`: a whole number, `start` included, `end` not.
fn random_within_range(scope: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let start = number_argument("util.math.randomWithinRange", arguments, 0)?.ceil();
    let end = number_argument("util.math.randomWithinRange", arguments, 1)?.ceil();
    if end <= start {
        return Err(Fault::code("util.math.randomWithinRange expects the end to be above the start"));
    }
    Ok(number((start + scope.random_fraction() * (end - start)).floor()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rounds_half_up_and_stays_in_range() {
        let call = |path: &str, arguments: &[Value]| {
            super::super::find(path).unwrap()(&mut Scope::new(0, 7, "", true), arguments)
        };
        assert_eq!(call("util.math.roundNum", &[json!(2.5)]), Ok(json!(3)));
        assert_eq!(call("util.math.roundNum", &[json!(-2.5)]), Ok(json!(-2)));
        assert_eq!(call("util.math.minVal", &[json!(1), json!(2.5)]), Ok(json!(1)));
        assert_eq!(call("util.math.maxVal", &[json!(1), json!(2.5)]), Ok(json!(2.5)));
        assert!(call("util.math.maxVal", &[json!("x")]).is_err());
        for seed in 0..100 {
            let drawn = random_within_range(&mut Scope::new(0, seed, "", true), &[json!(3), json!(5)]).unwrap();
            assert!([3, 4].contains(&drawn.as_i64().unwrap()));
        }
    }
}
