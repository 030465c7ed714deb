//! The resolvers of the shipped application compile in the strict dialect.

mod support;

use std::{fs, path::Path};

use resolver::{Language, Source, javascript::JavaScript};

#[test]
fn shipped_resolvers_compile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../resolvers");
    let language = JavaScript::default();
    let mut compiled = 0;
    let folders = [root.clone(), root.join("functions")];
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    for path in
        files.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|kind| kind == "js"))
    {
        let source = Source { name: path.display().to_string(), code: fs::read_to_string(&path).unwrap() };
        if let Err(error) = language.compile(&source) {
            panic!("{error}");
        }
        compiled += 1;
    }
    assert!(compiled > 0, "no resolvers in {}", root.display());
}
