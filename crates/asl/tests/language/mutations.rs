//! Damaged definitions, paths and calls: whatever comes of them, nothing panics and everything ends.

use asl::{Data, Definition, Path, Random, StateKind};
use serde_json::{Value, json};

use crate::support::{pass, recorded, with_scope};

const CHARACTERS: [char; 24] = [
    '{', '}', '[', ']', '(', ')', '"', '\'', '\\', '$', '.', '*', '?', '@', ':', ',', '%', '-', '0', '9', ' ', 'é',
    '=', '!',
];

/// The text with a few characters replaced, doubled or dropped.
fn damage(text: &str, random: &Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.next_u64() % 3 {
        let at = random.next_u64() as usize % characters.len().max(1);
        let new = CHARACTERS[random.next_u64() as usize % CHARACTERS.len()];
        match random.next_u64() % 3 {
            0 if at < characters.len() => characters[at] = new,
            1 if at < characters.len() => drop(characters.remove(at)),
            _ => characters.insert(at, new),
        }
    }
    characters.into_iter().collect()
}

#[test]
fn damaged_definitions() {
    let random = Random::new(2024);
    let input = Data::from_value(json!({"a": [1, {"b": null}], "FunctionInput": {"fst": "x,y", "snd": 2}}));
    let mut accepted = 0;
    for case in ["base", "intrinsic_functions", "jsonata", "scenarios"].iter().flat_map(|area| recorded(area)) {
        let Some(text) = case["definition"].as_str() else { continue };
        for _ in 0..20 {
            let text = damage(text, &random);
            match Definition::parse(&text) {
                Ok(definition) => {
                    accepted += 1;
                    for state in definition.states().filter(|state| matches!(state.kind, StateKind::Pass { .. })) {
                        let _ = pass(state, &input);
                    }
                }
                Err(found) => assert!(!found.is_empty() && found.iter().all(|found| !found.excerpt(&text).is_empty())),
            }
        }
    }
    assert!(accepted > 0);
}

#[test]
fn damaged_paths() {
    let random = Random::new(2025);
    let cases: Value = serde_json::from_str(include_str!("cases/paths.json")).unwrap();
    let input = Data::from_value(cases["document"].clone());
    for path in cases["cases"].as_array().unwrap().iter().filter_map(|case| case["path"].as_str()) {
        for _ in 0..200 {
            if let Ok(path) = Path::parse(&damage(path, &random)) {
                let _ = with_scope(&input, |scope| path.evaluate(scope));
            }
        }
    }
}
