//! The picture of a workflow: golden files (`cases/NAME.svg` beside `cases/NAME.asl.json`; with `UPDATE_EXPECTED` set in
//! the environment they are written instead of compared), and what must hold of every picture.

mod generated;
mod picture;

use std::{fs, path::Path};

use asl::{
    Definition,
    graph::{Outcome, Overlay, Run, svg},
};
use picture::Picture;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("readable")
}

fn parse(text: &str) -> Definition {
    Definition::parse(text).expect("a valid definition")
}

fn overlay(runs: &[(&str, Outcome, u64, u64)]) -> Overlay {
    let states = runs
        .iter()
        .map(|&(name, outcome, count, milliseconds)| (name.to_owned(), Run { outcome, count, milliseconds }));
    Overlay { states: states.collect() }
}

/// The pictures of the golden files: the definition's file, the picture's name, the overlay.
fn cases() -> Vec<(&'static str, &'static str, Overlay)> {
    let asked = overlay(&[
        ("Submit", Outcome::Caught, 1, 1_250),
        ("Wait", Outcome::Running, 3, 75_000),
        ("Ask", Outcome::Succeeded, 2, 31),
        ("Done?", Outcome::Succeeded, 2, 0),
    ]);
    let broken = overlay(&[
        ("Both", Outcome::Caught, 1, 4_200),
        ("Left", Outcome::Succeeded, 1, 900),
        ("Each", Outcome::Failed, 1, 3_300),
        ("One", Outcome::Succeeded, 12, 24),
        ("Two", Outcome::Failed, 12, 12_000),
        ("Right", Outcome::Succeeded, 1, 0),
        ("Broken", Outcome::Failed, 1, 0),
    ]);
    vec![
        ("loop", "loop", Overlay::default()),
        ("loop", "loop-running", asked),
        ("containers", "containers", Overlay::default()),
        ("containers", "containers-failed", broken),
        ("hostile", "hostile", Overlay::default()),
    ]
}

#[test]
fn pictures_are_as_recorded() {
    for (file, name, overlay) in cases() {
        let definition = parse(&read(&format!("tests/graph/cases/{file}.asl.json")));
        let actual = svg(&definition, &overlay);
        Picture::read(&actual).check(&definition);
        let path = format!("tests/graph/cases/{name}.svg");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path), &actual).expect("writable");
        }
        assert!(actual == read(&path), "{name}: the picture differs from {path}");
    }
}

#[test]
fn the_shipped_workflow_is_sound() {
    let definition = parse(&read("../../infra/state-machines/fulfil-order.asl.json"));
    Picture::read(&svg(&definition, &Overlay::default())).check(&definition);
}

#[test]
fn what_a_definition_says_stays_text() {
    let text = svg(&parse(&read("tests/graph/cases/hostile.asl.json")), &Overlay::default());
    assert!(!text.contains("<script") && !text.contains("<b>") && !text.contains('\u{1}'), "{text}");
}

#[test]
fn generated_workflows_are_sound() {
    for seed in 0..60 {
        let definition = parse(&generated::workflow(seed, 1 + seed as usize));
        Picture::read(&svg(&definition, &Overlay::default())).check(&definition);
    }
}

#[test]
fn what_is_too_large_says_so() {
    let chain = |count: usize| parse(&generated::chain(count));
    assert!(svg(&chain(400), &Overlay::default()).contains("data-state=\"S399\""));
    let text = svg(&chain(401), &Overlay::default());
    assert!(text.contains("401 states is too large") && text.len() < 6_000, "{text}");
    let everywhere = parse(&generated::everywhere(60));
    assert!(svg(&everywhere, &Overlay::default()).contains("too large"));
}
