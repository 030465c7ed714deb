//! Secrets in texts: documents, logs, messages, query strings, JSON that is cut. One pass from left to right: what is
//! masked is passed over, and nothing is read twice but the little between a name and its value.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

use super::mask::{MASK, is_secret};

/// A JSON Web Token: header and payload are JSON objects in base64url; a signature may follow.
static JWT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"eyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?").expect("a valid expression")
});
/// A name and what stands before its value, as GraphQL, JSON (also within a text of JSON) and query strings write them.
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z0-9_-]+)((?:\\*")?\s*[:=]\s*)"#).expect("a valid expression"));

/// A text with the tokens in it masked, and what stands after the name of a secret.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    match JWT.replace_all(text, MASK) {
        Cow::Borrowed(text) => named(text),
        Cow::Owned(text) => named(&text).into_owned().into(),
    }
}

fn named(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    // What is copied, and how far is read.
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = NAMED.captures_at(text, at) {
        let (name, mark) = (found.get(1).expect("a name"), found.get(2).expect("its mark"));
        at = mark.end();
        if !is_secret(name.as_str()) {
            continue;
        }
        let secret = if text[..name.start()].ends_with('$') {
            of_variable(text, at)
        } else {
            literal(text, at).or_else(|| if mark.as_str() == "=" { word(text, at, "&\"'\\") } else { None })
        };
        if let Some(Secret { start, end, past }) = secret {
            masked.push_str(&text[copied..start]);
            masked.push_str(MASK);
            (copied, at) = (end, past);
        }
    }
    if copied == 0 {
        return text.into();
    }
    masked.push_str(&text[copied..]);
    masked.into()
}

/// What is to be masked of a value, and where the value ends.
struct Secret {
    start: usize,
    end: usize,
    past: usize,
}

/// The default value of a variable whose type begins at `at`: `[String!]! = ["a"]`.
fn of_variable(text: &str, at: usize) -> Option<Secret> {
    let of_type = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "_![],".contains(c);
    let Some(rest) = text[at..].trim_start_matches(of_type).strip_prefix('=') else {
        // No variable's definition: a value in some other text.
        return quoted(text, at);
    };
    let start = text.len() - rest.trim_start().len();
    literal(text, start).or_else(|| word(text, start, ",)$@\"\\"))
}

/// A string, list or object that begins at `at`.
fn literal(text: &str, at: usize) -> Option<Secret> {
    match text.as_bytes().get(at)? {
        b'[' | b'{' => {
            let past = past_bracket(text, at);
            Some(Secret { start: at, end: past, past })
        }
        _ => quoted(text, at),
    }
}

/// What reaches to the next space or one of `ends`, if there is anything.
fn word(text: &str, at: usize, ends: &str) -> Option<Secret> {
    let length = text[at..].find(|c: char| c.is_whitespace() || ends.contains(c)).unwrap_or(text.len() - at);
    let past = at + length;
    (length > 0).then_some(Secret { start: at, end: past, past })
}

/// What stands within the quotes of a string that begins at `at`. A string without an end, as in a text that was cut,
/// reaches to the end of the text. Before the quotes are as many backslashes as the text is deep in JSON: none in a
/// document, one in a text within JSON, three in a text within that.
fn quoted(text: &str, at: usize) -> Option<Secret> {
    let slashes = text.as_bytes()[at..].iter().take_while(|byte| **byte == b'\\').count();
    if text.as_bytes().get(at + slashes) != Some(&b'"') {
        return None;
    }
    let quote = &text[at..=at + slashes];
    let start = at + quote.len();
    if text[start..].strip_prefix(quote).is_some_and(|rest| rest.starts_with(quote)) {
        return Some(block(text, start + 2 * quote.len(), &quote.repeat(3)));
    }
    let mut before = 0;
    for (index, byte) in text.as_bytes()[start..].iter().enumerate() {
        match byte {
            b'\\' => before += 1,
            // With an odd number of backslashes, each written as often as the depth asks, it is a character.
            b'"' if (before / (slashes + 1)) % 2 == 0 => {
                let end = start + index - before.min(slashes);
                return Some(Secret { start, end, past: start + index + 1 });
            }
            _ => before = 0,
        }
    }
    Some(Secret { start, end: text.len(), past: text.len() })
}

/// A block string whose text begins at `start`, up to the next three `quotes`; `\"""` are characters.
fn block(text: &str, start: usize, quotes: &str) -> Secret {
    let mut found = text[start..].match_indices(quotes).map(|(index, _)| start + index);
    let end = found.find(|index| !text[start..*index].ends_with('\\')).unwrap_or(text.len());
    Secret { start, end, past: text.len().min(end + quotes.len()) }
}

/// Past the list or object that begins at `at`; brackets in strings and comments are none. Without an end it reaches to
/// the end of the text.
fn past_bracket(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let run = |from: usize, is_in: fn(&u8) -> bool| bytes[from..].iter().take_while(|byte| is_in(byte)).count();
    let (mut open, mut index) = (0, at);
    while let Some(byte) = bytes.get(index) {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' if open == 1 => return index + 1,
            b']' | b'}' => open -= 1,
            b'#' => index += run(index + 1, |byte| !matches!(byte, b'\n' | b'\r')),
            b'"' | b'\\' => match quoted(text, index) {
                Some(string) => {
                    index = string.past;
                    continue;
                }
                None => index += run(index + 1, |byte| *byte == b'\\'),
            },
            _ => {}
        }
        index += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_a_query_are_masked() {
        for (query, masked) in [
            (
                r#"mutation { signIn(name: "ada", password: "x", apiKey : "k\"y") { idToken } }"#,
                r#"mutation { signIn(name: "ada", password: "***", apiKey : "***") { idToken } }"#,
            ),
            (r#"{ a(secret: """b "c" d""", id: "e") }"#, r#"{ a(secret: """***""", id: "e") }"#),
            (r#"{ a(secret: """b \""" c""", id: "e") }"#, r#"{ a(secret: """***""", id: "e") }"#),
            (r#"{ a(secret: "", id: "e") { token: id } }"#, r#"{ a(secret: "***", id: "e") { token: id } }"#),
            ("{ a(token: $token) { nextToken } }", "{ a(token: $token) { nextToken } }"),
            // Default values, by the variable's name.
            (r#"query($token: String = "abc") { a }"#, r#"query($token: String = "***") { a }"#),
            (
                r#"query ($tokens: [String!]! = ["a", "b"], $id: ID = "e") { a }"#,
                "query ($tokens: [String!]! = ***, $id: ID = \"e\") { a }",
            ),
            ("query($secretPin:Int=1234,$id:ID=5){a}", "query($secretPin:Int=***,$id:ID=5){a}"),
            ("query($secretPin: Int = 1234) { a }", "query($secretPin: Int = ***) { a }"),
            (r#"query($secret: In = {a: "b"}) { a }"#, "query($secret: In = ***) { a }"),
            (r#"query($token: String = """a"b""") { a }"#, r#"query($token: String = """***""") { a }"#),
            (
                "query($token: String, $id: ID = \"e\") { a(token: $token) }",
                "query($token: String, $id: ID = \"e\") { a(token: $token) }",
            ),
            ("query($tokens: [String!]) { a }", "query($tokens: [String!]) { a }"),
            // Lists and objects below the name of a secret.
            (r#"mutation { register(tokens: ["abc"]) }"#, "mutation { register(tokens: ***) }"),
            (
                r#"mutation { f(credentials: { user: "u", key: "k" }, id: "e") { id } }"#,
                r#"mutation { f(credentials: ***, id: "e") { id } }"#,
            ),
            (r#"{ f(credentials: { a: ["]}\"]", {b: "c"}] }) }"#, "{ f(credentials: ***) }"),
            (r#"{ f(tokens: ["a""]" "b", """]"]""", "c"]) }"#, "{ f(tokens: ***) }"),
            ("{ f(tokens: [ # not the end ] \"\n \"b\"], id: \"e\") }", "{ f(tokens: ***, id: \"e\") }"),
            (r#"{ f(input: { tokens: [{ a: "b" }], id: "e" }) }"#, r#"{ f(input: { tokens: ***, id: "e" }) }"#),
        ] {
            assert_eq!(text(query), masked);
        }
    }

    #[test]
    fn secrets_in_other_texts_are_masked() {
        for (given, masked) in [
            (r#"sent {\"tokens\": [\"]\", \"b\"], \"id\": \"e\"}"#, r#"sent {\"tokens\": ***, \"id\": \"e\"}"#),
            (r#"{\"token\":\"a\\\"b\\\\\",\"id\":\"e\"}"#, r#"{\"token\":\"***\",\"id\":\"e\"}"#),
            (r#"{"body":"{\"token\":\"a\"}","id":"e"}"#, r#"{"body":"{\"token\":\"***\"}","id":"e"}"#),
            (r#"{\"q\":\"($token: ID = \\\"a\\\") {b}\"}"#, r#"{\"q\":\"($token: ID = \\\"***\\\") {b}\"}"#),
            (r#"cut {"password": "abc… (9 more bytes)"#, r#"cut {"password": "***"#),
            (r#"cut {"tokens": ["abc", "d… (9 more bytes)"#, r#"cut {"tokens": ***"#),
            ("user=a&token=b&page=2 é", "user=a&token=***&page=2 é"),
            ("é token: é", "é token: é"),
        ] {
            assert_eq!(text(given), masked);
        }
    }

    /// Each of them takes minutes where what was read is read again for every name.
    #[test]
    fn long_texts_are_read_once() {
        for piece in [
            "$token: a ",
            "token: ",
            "token:\"",
            "token:[",
            "token:\\",
            "a\\",
            "token:#",
            "a# b:1 c",
            "\"\"\"",
            "token = ",
            "[{",
            "tokens: [] ",
            "token:\"\\\"",
        ] {
            let long = piece.repeat((1 << 20) / piece.len());
            assert!(text(&long).len() <= 2 * long.len(), "{piece}");
            let in_brackets = format!("token:[{long}");
            assert!(text(&in_brackets).starts_with("token:***"), "{piece}");
        }
    }
}
