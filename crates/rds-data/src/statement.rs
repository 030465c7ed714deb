//! SQL text with named parameters: `:name` becomes the database's own placeholder.
//!
//! A scanner that knows where SQL is text and where it is not: quotes, comments, dollar quotes, `::casts`. It does not
//! know SQL otherwise; what is wrong in it, the database says.

use std::collections::HashMap;

use crate::{Error, limits};

/// The database's way with text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `$1`, `"name"`, `$tag$text$tag$`, comments in comments.
    Postgres,
    /// `?`, `` `name` ``, backslashes in texts, `# comments`.
    MySql,
}

/// A statement as the database takes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The SQL with the database's placeholders.
    pub(crate) text: String,
    /// The names of the parameters in the order of their placeholders. For PostgreSQL each name once.
    pub(crate) names: Vec<String>,
}

impl Statement {
    /// Finds the parameters of `sql`.
    ///
    /// # Errors
    /// Too long, too many parameters, or several statements in one.
    pub(crate) fn parse(sql: &str, dialect: Dialect) -> Result<Self, Error> {
        if sql.len() > limits::SQL_BYTES {
            return Err(Error::Validation(format!("The SQL statement has more than {} bytes.", limits::SQL_BYTES)));
        }
        let scanner = Scanner { sql, at: 0, dialect };
        let mut statement = Self { text: String::with_capacity(sql.len()), names: Vec::new() };
        let (mut ended, defines, mut places) = (false, defines(sql), HashMap::new());
        for token in scanner {
            match token {
                Token::Parameter(name) => statement.place(name, dialect, &mut places)?,
                Token::Text(text) | Token::Blank(text) | Token::End(text) => statement.text.push_str(text),
            }
            if ended && !matches!(token, Token::Blank(_) | Token::End(_)) && !defines {
                return Err(Error::Validation("Multistatements aren't supported.".to_owned()));
            }
            ended |= matches!(token, Token::End(_));
        }
        Ok(statement)
    }

    /// `places`: where PostgreSQL's names are among all names.
    fn place<'a>(
        &mut self,
        name: &'a str,
        dialect: Dialect,
        places: &mut HashMap<&'a str, usize>,
    ) -> Result<(), Error> {
        let known = places.get(name).copied().filter(|_| dialect == Dialect::Postgres);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        places.insert(name, index);
        if self.names.len() > limits::PARAMETERS {
            return Err(Error::Validation(format!("A statement has at most {} parameters.", limits::PARAMETERS)));
        }
        match dialect {
            Dialect::Postgres => self.text.push_str(&format!("${}", index + 1)),
            Dialect::MySql => self.text.push('?'),
        }
        Ok(())
    }
}

/// Whether this defines a routine or a trigger, whose body may have semicolons.
fn defines(sql: &str) -> bool {
    sql.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("create"))
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// What stays as it is.
    Text(&'a str),
    /// Space and comments.
    Blank(&'a str),
    /// `;`
    End(&'a str),
    /// The name after a colon.
    Parameter(&'a str),
}

struct Scanner<'a> {
    sql: &'a str,
    at: usize,
    dialect: Dialect,
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = &self.sql[self.at..];
        let first = rest.chars().next()?;
        let (length, kind): (usize, fn(&'a str) -> Token<'a>) = match first {
            _ if first.is_whitespace() => (first.len_utf8(), Token::Blank),
            ';' => (1, Token::End),
            ':' => match name_length(&rest[1..]) {
                _ if rest.starts_with("::") => (2, Token::Text),
                0 => (1, Token::Text),
                length => (1 + length, |text| Token::Parameter(&text[1..])),
            },
            _ => match self.comment(rest) {
                Some(length) => (length, Token::Blank),
                None => (self.quoted(rest).unwrap_or_else(|| word(rest, first)), Token::Text),
            },
        };
        self.at += length;
        Some(kind(&rest[..length]))
    }
}

impl Scanner<'_> {
    /// The length of a comment that begins here; one without an end goes to the end of the text.
    fn comment(&self, rest: &str) -> Option<usize> {
        let dashes = match self.dialect {
            Dialect::Postgres => rest.starts_with("--"),
            // MySQL wants a space after the dashes; `5--1` is a subtraction.
            Dialect::MySql => {
                rest.strip_prefix("--").is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
            }
        };
        if dashes || (self.dialect == Dialect::MySql && rest.starts_with('#')) {
            return Some(rest.find('\n').map_or(rest.len(), |end| end + 1));
        }
        // `/*! ... */` is code in MySQL; a parameter in there is none in AWS's documentation either.
        rest.starts_with("/*").then(|| block(rest, self.dialect == Dialect::Postgres))
    }

    /// The length of a quoted text or name that begins here.
    fn quoted(&self, rest: &str) -> Option<usize> {
        let first = rest.chars().next()?;
        match (self.dialect, first) {
            (Dialect::MySql, '\'' | '"') => Some(until(rest, 1, first, true)),
            (Dialect::MySql, '`') | (Dialect::Postgres, '\'' | '"') => Some(until(rest, 1, first, false)),
            (Dialect::Postgres, 'E' | 'e') if rest[1..].starts_with('\'') => Some(until(rest, 2, '\'', true)),
            (Dialect::Postgres, '$') => dollar(rest),
            _ => None,
        }
    }
}

/// The length of a word or of one character.
fn word(rest: &str, first: char) -> usize {
    if !first.is_alphanumeric() && first != '_' {
        return first.len_utf8();
    }
    // A dollar sign inside of a word opens no quote.
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len())
}

/// The length of a parameter's name.
fn name_length(rest: &str) -> usize {
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())
}

/// Where the quote ends that `open` characters opened; a doubled quote and, with `escapes`, one after a backslash do
/// not end it.
fn until(rest: &str, open: usize, quote: char, escapes: bool) -> usize {
    let mut characters = rest.char_indices().skip(open).peekable();
    while let Some((at, character)) = characters.next() {
        if escapes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

/// The length of `/* ... */`.
fn block(rest: &str, nests: bool) -> usize {
    let (mut depth, mut at) = (1, 2);
    while depth > 0 {
        let Some(next) = rest[at..].find(['/', '*']).map(|offset| at + offset) else { return rest.len() };
        match &rest.as_bytes()[next..] {
            [b'*', b'/', ..] => (depth, at) = (depth - 1, next + 2),
            [b'/', b'*', ..] if nests => (depth, at) = (depth + 1, next + 2),
            _ => at = next + 1,
        }
    }
    at
}

/// The length of `$tag$ ... $tag$`, if that begins here.
fn dollar(rest: &str) -> Option<usize> {
    let tag = rest[1..].find('$')? + 2;
    let inside = &rest[1..tag - 1];
    if !inside.is_empty() && name_length(inside) != inside.len() {
        return None;
    }
    let delimiter = &rest[..tag];
    Some(rest[tag..].find(delimiter).map_or(rest.len(), |end| tag + end + tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dialect: Dialect, sql: &str, text: &str, names: &[&str]) {
        let statement = Statement::parse(sql, dialect).unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!((statement.text.as_str(), &statement.names[..]), (text, &names[..]), "{sql}");
    }

    #[test]
    fn postgres_numbers_each_name_once() {
        for (sql, text, names) in [
            ("select :a, :b, :a", "select $1, $2, $1", &["a", "b"][..]),
            ("select :P0::uuid, x::text", "select $1::uuid, x::text", &["P0"]),
            (r#"select ':a', ":a", 'it''s :a'"#, r#"select ':a', ":a", 'it''s :a'"#, &[]),
            (r"select E'\':a', :b", r"select E'\':a', $1", &["b"]),
            (r"select '\', :b", r"select '\', $1", &["b"]),
            ("select $$ :a $$, $t$ $$ :a $t$, :b", "select $$ :a $$, $t$ $$ :a $t$, $1", &["b"]),
            ("select 1 -- :a\n, :b", "select 1 -- :a\n, $1", &["b"]),
            ("select /* :a /* :a */ :a */ :b", "select /* :a /* :a */ :a */ $1", &["b"]),
            ("select a[1:2], a[:i], b - :c", "select a[1:2], a[$1], b - $2", &["i", "c"]),
            ("select a$b$c, :d", "select a$b$c, $1", &["d"]),
            ("select '\u{e9}:a', :b", "select '\u{e9}:a', $1", &["b"]),
            ("select 'open :a", "select 'open :a", &[]),
            ("select /* open :a", "select /* open :a", &[]),
            ("select $1$ :a", "select $1$ $1", &["a"]),
        ] {
            check(Dialect::Postgres, sql, text, names);
        }
    }

    #[test]
    fn mysql_has_a_place_for_every_use() {
        for (sql, text, names) in [
            ("select :a, :b, :a", "select ?, ?, ?", &["a", "b", "a"][..]),
            (r#"select ':a', ":a", `:a`, '\':a', :b"#, r#"select ':a', ":a", `:a`, '\':a', ?"#, &["b"]),
            ("select 1 # :a\n, 5--1, :b -- :c", "select 1 # :a\n, 5--1, ? -- :c", &["b"]),
            ("select /* /* :a */ :b", "select /* /* :a */ ?", &["b"]),
        ] {
            check(Dialect::MySql, sql, text, names);
        }
    }

    #[test]
    fn one_statement_at_a_time() {
        let parse = |sql: &str| Statement::parse(sql, Dialect::Postgres);
        assert!(parse("select 1; -- done\n ;").is_ok());
        assert!(parse("select ';' from t").is_ok());
        assert!(parse("create function f() returns int begin atomic select 1; end").is_ok());
        for sql in ["select 1; select 2", "select 1; :a", "select 1;'a'"] {
            assert!(matches!(parse(sql), Err(Error::Validation(text)) if text.starts_with("Multi")), "{sql}");
        }
        assert!(parse(&" ".repeat(limits::SQL_BYTES + 1)).is_err());
    }
}
