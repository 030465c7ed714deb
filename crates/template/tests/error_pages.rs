//! The pages of `docs/errors`: every code in the source has one, every page's code is in the source, and each page's
//! example prints exactly what the page says. With `UPDATE_EXPECTED` set in the environment the printed texts are
//! written into the pages instead of compared.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use template::{Derived, Error, Files, Options, load};

/// The one template of a page, and one file that is too large.
struct Example<'a>(&'a str);

impl Files for Example<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        match path.to_str() {
            Some("template.yaml") => Ok(self.0.to_owned()),
            Some("large.graphql") => Err(io::ErrorKind::FileTooLarge.into()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")
}

/// The text of the block that begins with a line of three backticks and `language`.
fn block<'a>(page: &'a str, language: &str) -> Option<&'a str> {
    let begin = format!("```{language}\n");
    let (_, rest) = page.split_once(&begin)?;
    rest.split_once("```").map(|(text, _)| text)
}

/// What stepwell prints about the page's template, started with the parameters of the page's command line.
fn printed(page: &str) -> String {
    let command = block(page, "sh").unwrap_or_default();
    let words: Vec<&str> = command.split_whitespace().collect();
    let given = words.windows(2).filter(|pair| pair[0] == "--parameter").filter_map(|pair| pair[1].split_once('='));
    let options = Options {
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        stack_name: "stepwell".to_owned(),
        parameters: given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    };
    let values = Derived { region: options.region.clone(), stack_name: options.stack_name.clone() };
    let template = block(page, "yaml").expect("a page has a template");
    match load(Path::new("template.yaml"), &options, &values, &Example(template)) {
        Ok(loaded) => loaded.warnings.iter().map(|warning| format!("{warning}\n")).collect(),
        Err(Error::Invalid(diagnostics)) => format!("{}\n", Error::Invalid(diagnostics)),
        Err(error) => panic!("{error}"),
    }
}

/// Every `"SWnnnn"` under `folder`.
fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            codes_in(&path, codes);
            continue;
        }
        let text = fs::read_to_string(&path).expect("UTF-8");
        let quoted = text.split('"').filter(|part| part.len() == 6 && part.starts_with("SW"));
        codes.extend(quoted.map(str::to_owned));
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut in_source = BTreeSet::new();
    codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut in_source);
    assert!(in_source.len() > 30, "only {in_source:?}");
    let names = fs::read_dir(pages()).expect("the folder is there").map(|entry| entry.expect("readable").file_name());
    let with_page: BTreeSet<String> = names
        .filter_map(|name| name.to_str().and_then(|name| name.strip_suffix(".md")).map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    assert_eq!(in_source, with_page);
    let index = fs::read_to_string(pages().join("README.md")).expect("the index is there");
    for code in in_source {
        let page = fs::read_to_string(pages().join(format!("{code}.md"))).expect("just listed");
        let heading = page.lines().next().unwrap_or_default();
        let title = heading.strip_prefix(&format!("# {code}: ")).unwrap_or_else(|| panic!("{code}: {heading}"));
        assert!(index.contains(&format!("- [{code}]({code}.md): {title}\n")), "the index has no '{title}' for {code}");
    }
}

#[test]
fn every_example_prints_what_its_page_says() {
    let mut codes = BTreeSet::new();
    codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut codes);
    for code in codes {
        let path = pages().join(format!("{code}.md"));
        let page = fs::read_to_string(&path).expect("every code has a page");
        let (printed, said) = (printed(&page), block(&page, "text").expect("a page has an output"));
        assert!(printed.contains(&format!("[{code}]: ")), "{code}: its example prints\n{printed}");
        assert_eq!(printed.matches("[SW").count(), 1, "{code}: its example prints\n{printed}");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            let updated = page.replacen(&format!("```text\n{said}```"), &format!("```text\n{printed}```"), 1);
            fs::write(&path, updated).expect("writable");
        } else {
            assert_eq!(printed, said, "{code}");
        }
    }
}
