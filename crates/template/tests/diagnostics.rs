//! Wrong templates and what is said about them: each `wrong/NAME.yaml` (or `.json`) has a `NAME.txt` beside it with the
//! rendered diagnostics. With `UPDATE_EXPECTED` set in the environment the texts are written instead of compared.

use std::{fs, io, path::Path};

use template::{Derived, Error, Files, Options, load};

/// Shows files under their bare names, so that the expected texts name no folder.
struct Folder<'a>(&'a Path);

impl Files for Folder<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        fs::read_to_string(self.0.join(path))
    }
}

fn rendered(folder: &Path, name: &str) -> String {
    let options = Options {
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        stack_name: "test".to_owned(),
        parameters: [("Given".to_owned(), "given".to_owned())].into_iter().collect(),
    };
    let values = Derived { region: options.region.clone(), stack_name: options.stack_name.clone() };
    match load(Path::new(name), &options, &values, &Folder(folder)) {
        Err(error @ Error::Invalid(_)) => format!("{error}\n"),
        Err(error) => panic!("{name}: {error}"),
        Ok(loaded) => {
            let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
            format!("{}\n(loads)\n", warnings.join("\n\n"))
        }
    }
}

#[test]
fn wrong_templates_say_what_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".yaml") || name.ends_with(".json"))
        .collect();
    names.sort();
    assert!(names.len() > 20, "only {} cases", names.len());
    for name in names {
        let actual = rendered(&folder, &name);
        let expected = folder.join(&name).with_extension("txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &actual).expect("writable");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(actual, expected, "{name}");
    }
}
