//! Every file of `cases/` gives the history it shows, and gives it again when replayed from any step.
//!
//! To write the histories of changed or new cases: `STEPWELL_BLESS=1 cargo test -p stepwell-states --test interpreter`.

use std::{fs, path::PathBuf};

use crate::case_file::CaseFile;

fn cases() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interpreter/cases");
    let entries = fs::read_dir(&folder).expect("the folder of cases is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[test]
fn histories_are_as_shown() {
    let bless = std::env::var_os("STEPWELL_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in cases() {
        let text = fs::read_to_string(&path).expect("a case can be read");
        let case = CaseFile::parse(&text);
        let (_, listing) = case.play();
        if listing == case.history {
            continue;
        }
        if bless {
            fs::write(&path, format!("{}{listing}", case.head)).expect("a case can be written");
        }
        wrong.push(format!("{}\nexpected:\n{}\ngot:\n{listing}", path.display(), case.history));
    }
    assert!(wrong.is_empty() || bless, "{}", wrong.join("\n"));
}

#[test]
fn replay_from_any_step_gives_the_same() {
    for path in cases() {
        let text = fs::read_to_string(&path).expect("a case can be read");
        CaseFile::parse(&text).play().0.assert_replays();
    }
}
