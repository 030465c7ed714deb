//! `[databases."NAME"]`: where the databases are that the application reaches through the RDS Data API.

use std::fmt;

use serde::Deserialize;

/// Schemes of URLs that lead to a database.
const SCHEMES: [&str; 3] = ["postgres", "postgresql", "mysql"];

/// One cluster, by its ARN, its identifier or its logical id in the template.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    /// `postgres://user:password@host:port/database`, or with `mysql`. The password is a secret.
    pub(crate) url: String,
}

impl Database {
    /// What cannot be right with the database called `name`.
    pub(super) fn validate(&self, name: &str) -> Result<(), String> {
        let scheme = self.url.split("://").next().filter(|scheme| SCHEMES.contains(scheme));
        scheme.map(drop).ok_or_else(|| format!("databases.\"{name}\".url begins with neither postgres:// nor mysql://"))
    }

    /// The URL without what it keeps secret: user, host and database.
    pub(super) fn shown(&self) -> String {
        super::shown_url(&self.url)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("postgres://app:secret@db.example:5432/orders", "postgres://app:***@db.example:5432/orders"),
            ("mysql://root@localhost/app?password=secret", "mysql://root@localhost/app"),
            ("postgres:///app?host=/tmp&password=secret", "postgres:///app"),
            ("postgres://a:secret@[", "(not a URL)"),
        ] {
            let database = Database { url: url.to_owned() };
            assert_eq!((database.shown().as_str(), format!("{database:?}").as_str()), (shown, shown));
            assert_eq!(database.validate("demo"), Ok(()));
        }
        let other = Database { url: "sqlite://secret".to_owned() };
        let wrong = other.validate("demo").expect_err("no such database");
        assert!(wrong.contains("databases.\"demo\".url") && !wrong.contains("secret"), "{wrong}");
    }
}
