//! Text: encoding, escaping, Unicode's normal forms, `util.matches`.

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::Value;

use super::{Fault, Function, Scope, string_argument};

/// Base 64 with padding on the way out, with or without on the way in.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What `application/x-www-form-urlencoded` escapes, as Java's `URLEncoder` does; a space becomes `+`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'*').remove(b'_').remove(b' ');

/// Largest compiled pattern, bytes.
const PATTERN_BYTES: usize = 1 << 20;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.base64Encode", |_, arguments| Ok(BASE64.encode(string_argument("util.base64Encode", arguments, 0)?).into())),
    ("util.base64Decode", base64_decode),
    ("util.urlEncode", url_encode),
    ("util.urlDecode", url_decode),
    ("util.escapeJavaScript", |_, arguments| {
        Ok(escape_javascript(string_argument("util.escapeJavaScript", arguments, 0)?).into())
    }),
    ("util.matches", matches),
    ("util.str.normalize", normalize),
];

fn base64_decode(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let text = string_argument("util.base64Decode", arguments, 0)?;
    let bytes = BASE64.decode(text).map_err(|error| Fault::code(format!("util.base64Decode: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into())
}

fn url_encode(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let text = string_argument("util.urlEncode", arguments, 0)?;
    Ok(utf8_percent_encode(text, FORM).to_string().replace(' ', "+").into())
}

fn url_decode(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let text = string_argument("util.urlDecode", arguments, 0)?.replace('+', " ");
    Ok(percent_decode(text.as_bytes()).decode_utf8_lossy().into())
}

/// Escapes text for a JavaScript string, as `StringEscapeUtils.escapeEcmaScript` does.
fn escape_javascript(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut units = [0; 2];
    for character in text.chars() {
        match character {
            '\'' | '"' | '\\' | '/' => escaped.extend(['\\', character]),
            '\u{8}' => escaped.push_str("\\b"),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            '\u{c}' => escaped.push_str("\\f"),
            '\r' => escaped.push_str("\\r"),
            ' '..='~' => escaped.push(character),
            _ => {
                for unit in character.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    escaped
}

/// `(text, form)`: the text in a normal form of Unicode, `nfc`, `nfd`, `nfkc` or `nfkd`.
fn normalize(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let text = string_argument("util.str.normalize", arguments, 0)?;
    let form = string_argument("util.str.normalize", arguments, 1)?;
    let normalized = match form.to_ascii_lowercase().as_str() {
        "nfc" => ComposingNormalizerBorrowed::new_nfc().normalize(text),
        "nfd" => DecomposingNormalizerBorrowed::new_nfd().normalize(text),
        "nfkc" => ComposingNormalizerBorrowed::new_nfkc().normalize(text),
        "nfkd" => DecomposingNormalizerBorrowed::new_nfkd().normalize(text),
        _ => return Err(Fault::code(format!("util.str.normalize expects nfc, nfd, nfkc or nfkd, not '{form}'"))),
    };
    Ok(normalized.into())
}

/// `(pattern, text)`: whether the whole text matches, as Java's `Pattern.matches` decides.
///
/// AWS differs: patterns with look-around or back references, which cannot be bounded in time, are refused.
fn matches(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let pattern = string_argument("util.matches", arguments, 0)?;
    let text = string_argument("util.matches", arguments, 1)?;
    let expression = self::pattern(&format!("^(?:{pattern})$"))
        .map_err(|error| Fault::code(format!("util.matches: pattern '{pattern}': {error}")))?;
    Ok(expression.is_match(text).into())
}

/// Compiles a pattern within bounds; an error is what is wrong with it.
pub(crate) fn pattern(pattern: &str) -> Result<regex::Regex, String> {
    regex::RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn functions_give_what_java_gives() {
        for (path, arguments, expected) in [
            ("util.base64Encode", json!(["hé"]), json!("aMOp")),
            ("util.base64Decode", json!(["aMOp"]), json!("hé")),
            ("util.base64Decode", json!(["aGk"]), json!("hi")),
            ("util.urlEncode", json!(["a b&c*é"]), json!("a+b%26c*%C3%A9")),
            ("util.urlDecode", json!(["a+b%26c"]), json!("a b&c")),
            (
                "util.escapeJavaScript",
                json!(["it's \"a\"\n</é𝄞"]),
                json!("it\\'s \\\"a\\\"\\n<\\/\\u00E9\\uD834\\uDD1E"),
            ),
            ("util.matches", json!(["a*b", "aaaaab"]), json!(true)),
            ("util.matches", json!(["a", "ba"]), json!(false)),
            ("util.matches", json!(["(a+)+", &*"a".repeat(5_000)]), json!(true)),
            ("util.str.normalize", json!(["e\u{301}ﬁ", "nfc"]), json!("\u{e9}ﬁ")),
            ("util.str.normalize", json!(["\u{e9}ﬁ", "nfd"]), json!("e\u{301}ﬁ")),
            ("util.str.normalize", json!(["e\u{301}ﬁ", "nfkc"]), json!("\u{e9}fi")),
            ("util.str.normalize", json!(["\u{e9}ﬁ", "NFKD"]), json!("e\u{301}fi")),
        ] {
            let answer = super::super::find(path).unwrap()(&mut Scope::default(), arguments.as_array().unwrap());
            assert_eq!(answer, Ok(expected), "{path}");
        }
    }

    #[test]
    fn an_unknown_normal_form_is_an_error() {
        assert!(normalize(&mut Scope::default(), &[json!("a"), json!("nfx")]).is_err());
        assert!(normalize(&mut Scope::default(), &[json!("a")]).is_err());
    }

    #[test]
    fn a_pattern_that_cannot_be_bounded_is_an_error() {
        for pattern in ["(?=a)", "(a)\\1", "(", "(x{1000}){1000}"] {
            assert!(matches(&mut Scope::default(), &[json!(pattern), json!("a")]).is_err(), "{pattern}");
        }
    }
}
