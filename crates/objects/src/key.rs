//! From the key of an object to the path of its file, and back.
//!
//! Each part between slashes becomes a file name of its own, as it is where that is safe. Nothing else is possible than
//! a path below the bucket's folder, and no two keys have the same path:
//!
//! | in a key | in the path |
//! |---|---|
//! | `%`, control characters, NUL | `%25`, `%0A`, `%00` |
//! | a part `.` or `..` | `%2E`, `%2E%2E` |
//! | an empty part (`//`, or a slash at either end) | `%` |
//! | a part of more than 240 bytes | `first 240 bytes%-`/`the rest` |
//!
//! A file whose path is not the path of any key is no object.

use std::path::{Path, PathBuf};

use crate::{
    error::Error,
    limits::{MAX_KEY_BYTES, MAX_NAME_BYTES},
};

/// The name of an empty part.
const EMPTY: &str = "%";
/// Ends the name of a folder whose part goes on in the names within.
const GOES_ON: &str = "%-";

/// The path of `key`'s file below its bucket's folder.
pub(crate) fn path_of(key: &str) -> Result<PathBuf, Error> {
    if key.is_empty() {
        return Err(Error::InvalidArgument("Key must not be empty".to_owned()));
    }
    if key.len() > MAX_KEY_BYTES {
        return Err(Error::KeyTooLong);
    }
    let mut path = PathBuf::new();
    for part in key.split('/') {
        push_names(&mut path, part);
    }
    Ok(path)
}

fn push_names(path: &mut PathBuf, part: &str) {
    let mut name = String::with_capacity(part.len());
    for letter in part.chars() {
        let letter = encoded(letter, part);
        if name.len() + letter.len() > MAX_NAME_BYTES {
            path.push(std::mem::take(&mut name) + GOES_ON);
        }
        name.push_str(&letter);
    }
    path.push(if name.is_empty() { EMPTY } else { &name });
}

fn encoded(letter: char, part: &str) -> String {
    let is_dots = matches!(part, "." | "..");
    if letter == '%' || letter.is_ascii_control() || is_dots {
        format!("%{:02X}", u32::from(letter))
    } else {
        letter.to_string()
    }
}

/// What a file or folder of this name adds to the keys below it: the part and, for a folder whose part ends there, its
/// slash. `None` where no key has such a name in its path.
pub(crate) fn fragment(name: &str, is_folder: bool) -> Option<String> {
    if let (true, Some(part)) = (is_folder, name.strip_suffix(GOES_ON)) {
        return decoded(part);
    }
    let mut fragment = if name == EMPTY { String::new() } else { decoded(name)? };
    if is_folder {
        fragment.push('/');
    }
    Some(fragment)
}

fn decoded(name: &str) -> Option<String> {
    let mut letters = name.chars();
    let mut text = String::with_capacity(name.len());
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let (high, low) = (letters.next()?.to_digit(16)?, letters.next()?.to_digit(16)?);
        text.push(char::from_u32(high * 16 + low).filter(char::is_ascii)?);
    }
    Some(text)
}

/// Whether `path` is the path of `key`.
pub(crate) fn is_path_of(path: &Path, key: &str) -> bool {
    path_of(key).is_ok_and(|expected| expected == path)
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use super::*;

    #[test]
    fn ordinary_keys_are_their_paths() {
        for key in ["a", "orders/2024/01.csv", ".hidden", "a b/ü.json", "..a/b.."] {
            assert_eq!(path_of(key).expect("valid"), Path::new(key));
        }
    }

    #[test]
    fn keys_cannot_leave_the_folder_and_come_back_as_they_were() {
        let long = "x".repeat(241);
        let keys = [
            "../../etc/passwd",
            "/etc/passwd",
            "a/../b",
            "a/./b",
            "folder/",
            "a//b",
            "/",
            "nul\0and\nnewline",
            "100%",
            "%2E",
            "%",
            "%-",
            &long,
            &"ü".repeat(500),
            &"\u{1}".repeat(1024),
            &"/".repeat(1024),
        ];
        for key in keys {
            let path = path_of(key).expect("valid");
            assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{key:?}: {path:?}");
            let names: Vec<&str> = path.iter().map(|name| name.to_str().expect("UTF-8")).collect();
            assert!(names.iter().all(|name| name.len() <= 255), "{key:?}");
            let (last, folders) = names.split_last().expect("at least one name");
            let mut back: String = folders.iter().map(|name| fragment(name, true).expect("decodes")).collect();
            back += &fragment(last, false).expect("decodes");
            assert_eq!(back, key);
            assert!(is_path_of(&path, &back));
        }
    }

    #[test]
    fn names_that_no_key_has_are_not_taken_for_another_key() {
        for name in ["100%.txt", "%2e", "%41", "%zz"] {
            let key = fragment(name, false);
            assert!(key.is_none_or(|key| !is_path_of(Path::new(name), &key)), "{name}");
        }
    }

    #[test]
    fn empty_and_overlong_keys_are_refused() {
        assert!(matches!(path_of(""), Err(Error::InvalidArgument(_))));
        assert!(matches!(path_of(&"a".repeat(1025)), Err(Error::KeyTooLong)));
    }
}
