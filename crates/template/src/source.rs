//! The text of the template and of the files it names, and who reads them.

use std::{
    io,
    path::{Path, PathBuf},
    str::Lines,
    sync::{Arc, OnceLock},
};

/// The largest file that is read: AWS's limit for a template and for a schema is 1 MB.
pub const LONGEST_FILE: usize = 1024 * 1024;

/// Reads the files that a template names.
pub trait Files {
    /// The text of the file at `path`.
    ///
    /// # Errors
    /// Whatever kept it from being read, `InvalidData` for a file that is not UTF-8.
    fn read(&self, path: &Path) -> io::Result<String>;
}

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        // Asked first, so that a huge file is refused unread.
        if std::fs::metadata(path)?.len() > LONGEST_FILE as u64 {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MB"));
        }
        std::fs::read_to_string(path)
    }
}

/// A piece of code, a schema or a definition, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file: its own, or the template for inline text.
    pub path: PathBuf,
    /// The line of `path` that the text begins on, from 1.
    pub first_line: u32,
    /// How its lines lie in `path`.
    pub layout: Layout,
    /// The text itself.
    pub text: Arc<str>,
}

/// How the lines of a text lie in the file that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// It is the whole file.
    File,
    /// Each is a line of the template, behind so many columns: a block (`|`), or text on one line without quotes.
    Lines {
        /// Columns before each line.
        indent: u32,
    },
    /// They cannot be found one by one: quoted, folded or put together by functions.
    Value {
        /// The column of `path` that the value begins at, from 1.
        column: u32,
    },
}

impl Source {
    /// What the text is called: its file, or its place in the template, which no other text of that has.
    pub fn name(&self) -> String {
        let (path, line) = (self.path.display(), self.first_line);
        match self.layout {
            Layout::File => path.to_string(),
            Layout::Lines { .. } => format!("{path}:{line}"),
            Layout::Value { column } => format!("{path}:{line}:{column}"),
        }
    }

    /// Where in `path` a place of the text is: a line and a column, all of them from 1.
    pub fn place(&self, line: u32, column: u32) -> (u32, u32) {
        match self.layout {
            Layout::File => (line, column),
            Layout::Lines { indent } => {
                (self.first_line.saturating_add(line.saturating_sub(1)), column.saturating_add(indent))
            }
            Layout::Value { column } => (self.first_line, column),
        }
    }
}

/// A file whose lines diagnostics show.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    pub(crate) text: Arc<str>,
    /// Where its lines begin, found when the first one is asked for: a template has thousands of inline texts.
    starts: OnceLock<Arc<[usize]>>,
}

impl SourceFile {
    pub(crate) fn new(path: PathBuf, text: impl Into<Arc<str>>) -> Self {
        Self { path, text: text.into(), starts: OnceLock::new() }
    }

    /// Line `number` (from 1), without its end.
    pub(crate) fn line(&self, number: u32) -> Option<&str> {
        self.lines_from(number).next()
    }

    /// The lines from `number` (from 1) on, without their ends.
    fn lines_from(&self, number: u32) -> Lines<'_> {
        let starts = self.starts.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        });
        let start = (number as usize).checked_sub(1).and_then(|index| starts.get(index));
        start.map_or("", |start| &self.text[*start..]).lines()
    }

    /// How the lines of a value's text lie here. `line` and `column` are where the value begins.
    pub(crate) fn layout(&self, text: &str, line: u32, column: u32) -> Layout {
        let indent = column.saturating_sub(1);
        let mut written = self.lines_from(line);
        let mut is_next = |line| written.next().is_some_and(|written| is_line(line, written, indent as usize));
        if text.lines().all(&mut is_next) { Layout::Lines { indent } } else { Layout::Value { column } }
    }
}

/// Whether `written`, a line of a template, is this line of a text. After what `Fn::Sub` puts in, nobody can tell.
fn is_line(line: &str, written: &str, indent: usize) -> bool {
    let Some(written) = written.get(indent..) else { return line.is_empty() };
    match written.split_once("${") {
        Some((before, _)) => line.starts_with(before),
        None => line == written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_number() {
        let file = SourceFile::new(PathBuf::from("t.yaml"), "a\r\n\nb\n");
        let lines: Vec<_> = (0..6).map(|number| file.line(number)).collect();
        assert_eq!(lines, [None, Some("a"), Some(""), Some("b"), None, None]);
        assert_eq!(SourceFile::new(PathBuf::from("t.yaml"), "").line(1), None);
    }

    #[test]
    fn places_in_inline_text_are_places_in_the_template() {
        let template = "A: |\n    one\n\n      two ${B}\nC: 'quoted'\nD: >\n    fol\n    ded\nE: plain";
        let file = SourceFile::new(PathBuf::from("t.yaml"), template);
        for (text, line, column, asked, expected, name) in [
            ("one\n\n  two b\n", 2, 5, (3, 3), (4, 7), "t.yaml:2"),
            ("quoted", 5, 4, (1, 3), (5, 4), "t.yaml:5:4"),
            ("fol ded\n", 7, 5, (1, 6), (7, 5), "t.yaml:7:5"),
            ("plain", 9, 4, (1, 2), (9, 5), "t.yaml:9"),
            ("plain\nand more", 9, 4, (2, 2), (9, 4), "t.yaml:9:4"),
        ] {
            let layout = file.layout(text, line, column);
            let source = Source { path: file.path.clone(), first_line: line, layout, text: text.into() };
            assert_eq!(source.place(asked.0, asked.1), expected, "{text:?}");
            assert_eq!(source.name(), name, "{text:?}");
        }
        let whole = Source { path: file.path, first_line: 1, layout: Layout::File, text: "a".into() };
        assert_eq!((whole.place(3, 4), &*whole.name()), ((3, 4), "t.yaml"));
    }
}
