//! `EnvironmentVariables` of an API: what AppSync allows ("Using environment variables in AWS AppSync", developer guide).

use indexmap::IndexMap;

/// Variables of one API.
const MOST_VARIABLES: usize = 50;
/// Characters of a key, at least.
const SHORTEST_KEY: usize = 2;
/// Characters of a key, at most (AppSync API reference, PutGraphqlApiEnvironmentVariables).
const LONGEST_KEY: usize = 64;
/// Characters of a value.
const LONGEST_VALUE: usize = 512;

/// Everything that AppSync would refuse.
pub(super) fn wrong(variables: &IndexMap<String, String>) -> Vec<String> {
    let mut wrong = Vec::new();
    if variables.len() > MOST_VARIABLES {
        wrong.push(format!("an API has at most {MOST_VARIABLES} environment variables; these are {}", variables.len()));
    }
    for (key, value) in variables {
        if !is_key(key) {
            wrong.push(format!(
                "the environment variable '{key}' must begin with a letter, have letters, digits and underscores only, and \
                 {SHORTEST_KEY} to {LONGEST_KEY} of them"
            ));
        }
        let characters = value.chars().count();
        if characters > LONGEST_VALUE {
            wrong.push(format!(
                "the environment variable '{key}' has {characters} characters; AppSync allows {LONGEST_VALUE}"
            ));
        }
    }
    wrong
}

fn is_key(key: &str) -> bool {
    (SHORTEST_KEY..=LONGEST_KEY).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_values_and_their_number_are_bounded() {
        let one = |key: &str, value: String| wrong(&IndexMap::from([(key.to_owned(), value)])).len();
        let cases = [
            ("USER_TABLE", String::new(), 0),
            ("a1", "ä".repeat(512), 0),
            (&"k".repeat(64), String::new(), 0),
            ("a", String::new(), 1),
            ("1a", String::new(), 1),
            ("_a", String::new(), 1),
            ("a-b", String::new(), 1),
            ("äb", String::new(), 1),
            (&"k".repeat(65), String::new(), 1),
            ("ab", "x".repeat(513), 1),
        ];
        for (key, value, expected) in cases {
            assert_eq!(one(key, value), expected, "{key}");
        }
        let many = |n: usize| wrong(&(0..n).map(|n| (format!("key{n}"), String::new())).collect()).len();
        assert_eq!((many(50), many(51)), (0, 1));
    }
}
